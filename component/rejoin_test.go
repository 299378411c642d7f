package component_test

import (
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/transporttest"
)

// A join that the network refuses has one answer, from the nick that was asked
// for. XEP-0045 §7.2. IRC-M1
func TestJoinRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for kind, want := range map[transports.ErrorKind]string{
		transports.PasswordWant: "auth/not-authorized",
		transports.Uninvited:    "auth/registration-required",
		transports.Forbidden:    "auth/forbidden",
		transports.Full:         "wait/service-unavailable",
		transports.NotFound:     "cancel/item-not-found",
		transports.Malformed:    "modify/jid-malformed",
		transports.Busy:         "wait/resource-constraint",
		transports.Conflict:     "cancel/conflict",
		transports.Unreachable:  "wait/remote-server-timeout",
		transports.Internal:     "wait/internal-server-error",
	} {
		w.net.Refuse(transporttest.OpJoin, &transports.Error{Kind: kind, Text: transports.T("Because.")})
		w.ask(phone, room, "juliet", "")
		p := w.presence(room+"/juliet", phone, "error")
		if fault(p) != want || p.Child(nsMUC, "x") == nil || !strings.Contains(dump(p), "Because.") {
			t.Errorf("%s: %s", kind, dump(p))
		}
		w.silent(phone)
	}
	w.join(phone, room, "juliet")
}

// Whom a network does not let in yet, because others came just before, waits; a
// network that does not answer is told of at once. IRC-M1
func TestJoinWaitsForBusyNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.net.Refuse(transporttest.OpRun, &transports.Error{Kind: transports.Busy, Text: transports.T("Because.")})
	w.join(phone, room, "juliet")

	w = newWorld(t)
	w.net.Refuse(transporttest.OpRun, &transports.Error{Kind: transports.Unreachable, Text: transports.T("Because.")})
	w.ask(phone, room, "juliet", "")
	if p := w.presence(room+"/juliet", phone, "error"); fault(p) != "wait/remote-server-timeout" {
		t.Errorf("told %s", dump(p))
	}
}

// Joins that need no network to be refused. IRC-M1
func TestJoinRefusedHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct{ from, to, want string }{
		{phone, room, "modify/jid-malformed"}, // no nick. XEP-0045 §7.2.1
		{phone, "nonsense@" + domain + "/juliet", "modify/jid-malformed"},
		{"stranger@elsewhere.example/x", room + "/juliet", "auth/forbidden"},
	} {
		w.send("<presence id='j' from='%s' to='%s'><x xmlns='%s'/></presence>", tt.from, tt.to, nsMUC)
		if p := w.presence(tt.to, tt.from, "error"); fault(p) != tt.want || p.ID != "j" {
			t.Errorf("%s: %s", tt.to, dump(p))
		}
	}
	w.silent(phone)
	if calls := w.net.Calls(); len(calls) != 0 {
		t.Errorf("the network was asked: %v", calls)
	}
}

// A room whose address may be written shortly is found under its one right
// address only: the client is told which.
func TestJoinUnderAnotherAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.domain().Register(t.Context(), account(map[string]string{"nick": "juliet", "network": network})); err != nil {
		t.Fatal(err)
	}
	w.barrier(phone)
	w.Drain(domain)
	short := "#room@" + domain
	w.ask(phone, short, "juliet", "")
	if p := w.presence(short+"/juliet", phone, "error"); fault(p) != "cancel/gone" || !strings.Contains(dump(p), ">xmpp:"+room+"<") {
		t.Errorf("told %s", dump(p))
	}
}

// Presence without a muc payload never joins. XEP-0045 §7.1. IRC-M14
func TestNoImplicitJoin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send("<presence from='%s' to='%s/juliet'><show>away</show></presence>", phone, room)
	if p := w.presence(room+"/juliet", phone, "error"); fault(p) != "cancel/not-acceptable" {
		t.Errorf("told %s", dump(p))
	}
	w.send("<presence type='unavailable' from='%s' to='%s/juliet'/>", phone, room)
	w.silent(phone)
	if calls := w.net.Calls(); len(calls) != 0 {
		t.Errorf("the network was asked: %v", calls)
	}
}

// Who joins while joined gets all again. XEP-0045 §7.2 IRC-M2, IRC-B4, IRC-B5
func TestRejoin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.join(phone, room, "juliet")
	w.net.Say(address, "nurse", "before")
	w.settled(phone, "juliet")
	w.Drain(domain)
	for inside, want := range map[string]string{
		"":                          "~before ",
		"<history maxstanzas='0'/>": "",
		"<history maxchars='3'/>":   "",
		"<history maxchars='6'/>":   "~before ",
		"<history since='2000-01-01T00:00:00Z'/>": "~before ",
		"<history since='2100-01-01T00:00:00Z'/>": "",
		"<history seconds='3600'/>":               "~before ",
	} {
		w.ask(phone, room, "juliet", inside)
		all := w.shown(phone)
		if got := lines(all); got != want || codes(all[1]) != "110" {
			t.Errorf("%s: shown %q", inside, got)
		}
	}
	w.silent(phone)
}
