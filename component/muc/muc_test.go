package muc_test

import (
	"testing"
	"time"

	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/transports"
)

// Every rank, heard or not. XEP-0045 §5 IRC-M6, IRC-B28
func TestStanding(t *testing.T) {
	for _, tt := range []struct {
		rank              transports.Rank
		mute              bool
		affiliation, role string
	}{
		{transports.Owner, false, "owner", "moderator"},
		{transports.Admin, false, "admin", "moderator"},
		{transports.Op, false, "admin", "moderator"},
		{transports.HalfOp, false, "member", "moderator"},
		{transports.Voice, false, "member", "participant"},
		{transports.Plain, false, "none", "participant"},
		{transports.Plain, true, "none", "visitor"},
		{transports.Op, true, "admin", "moderator"}, // operators are always heard
		{transports.Voice, true, "member", "participant"},
	} {
		if a, r := muc.Standing(tt.rank, tt.mute); a != tt.affiliation || r != tt.role {
			t.Errorf("Standing(%d, %v) = %s, %s", tt.rank, tt.mute, a, r)
		}
	}
}

// What a change asks for; what has no rank is refused. XEP-0045 §8, IRC-B29
func TestRank(t *testing.T) {
	for _, tt := range []struct {
		affiliation, role string
		rank              transports.Rank
		ok                bool
	}{
		{"owner", "", transports.Owner, true},
		{"admin", "", transports.Op, true},
		{"member", "", transports.Voice, true},
		{"none", "", transports.Plain, true},
		{"", "moderator", transports.HalfOp, true},
		{"", "participant", transports.Voice, true},
		{"", "visitor", transports.Plain, true},
		{"admin", "visitor", transports.Op, true}, // the affiliation is the stronger word
		{"", "", 0, false},
		{"", "none", 0, false}, // a kick
		{"outcast", "", 0, false},
		{"king", "", 0, false},
		{"", "king", 0, false},
	} {
		if r, ok := muc.Rank(tt.affiliation, tt.role); r != tt.rank || ok != tt.ok {
			t.Errorf("Rank(%q, %q) = %d, %v", tt.affiliation, tt.role, r, ok)
		}
	}
}

// What a join wants to see. XEP-0045 §7.2.13
func TestParseJoin(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	all := muc.History{Stanzas: -1, Chars: -1}
	with := func(change func(*muc.History)) muc.History { h := all; change(&h); return h }
	history := func(attrs ...string) stanza.Element {
		e := stanza.E(muc.NS, "history")
		for i := 0; i < len(attrs); i += 2 {
			e = e.With(attrs[i], attrs[i+1])
		}
		return stanza.E(muc.NS, "x", e)
	}
	for name, tt := range map[string]struct {
		x        stanza.Element
		password string
		want     muc.History
	}{
		"nothing":    {stanza.E(muc.NS, "x"), "", all},
		"password":   {stanza.E(muc.NS, "x", stanza.T(muc.NS, "password", "pw")), "pw", all},
		"both":       {stanza.E(muc.NS, "x", stanza.E(muc.NS, "history").With("maxstanzas", "1"), stanza.T(muc.NS, "password", "pw")), "pw", with(func(h *muc.History) { h.Stanzas = 1 })},
		"empty":      {history(), "", all},
		"none":       {history("maxstanzas", "0"), "", with(func(h *muc.History) { h.Stanzas = 0 })},
		"chars":      {history("maxchars", "65000"), "", with(func(h *muc.History) { h.Chars = 65000 })},
		"seconds":    {history("seconds", "60"), "", with(func(h *muc.History) { h.Since = now.Add(-time.Minute) })},
		"since":      {history("since", "2026-01-01T00:00:00Z"), "", with(func(h *muc.History) { h.Since = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) })},
		"fractions":  {history("since", "2026-01-01T00:00:00.5Z"), "", with(func(h *muc.History) { h.Since = time.Date(2026, 1, 1, 0, 0, 0, 5e8, time.UTC) })},
		"the later":  {history("since", "2026-01-01T00:00:00Z", "seconds", "60"), "", with(func(h *muc.History) { h.Since = now.Add(-time.Minute) })},
		"the latest": {history("since", "2026-01-02T03:04:00Z", "seconds", "3600"), "", with(func(h *muc.History) { h.Since = time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC) })},
		"negative":   {history("maxstanzas", "-1", "maxchars", "-2", "seconds", "-3"), "", all},
		"junk":       {history("maxstanzas", "x", "since", "yesterday", "seconds", "1e3"), "", all},
		"huge":       {history("seconds", "99999999999999"), "", all},
		"foreign":    {stanza.E(muc.NS, "x", stanza.E("urn:example", "history").With("maxstanzas", "0")), "", all},
	} {
		password, h := muc.ParseJoin(&tt.x, now)
		if password != tt.password || h.Stanzas != tt.want.Stanzas || h.Chars != tt.want.Chars || !h.Since.Equal(tt.want.Since) {
			t.Errorf("%s: %q, %+v, want %q, %+v", name, password, h, tt.password, tt.want)
		}
	}
}
