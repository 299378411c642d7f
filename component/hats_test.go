package component_test

import (
	"testing"

	"wherry/component/stanza"
	"wherry/transports"
)

// worn returns the titles and URIs of the hats in a presence.
func worn(p stanza.Stanza) (all string) {
	e := p.Child("urn:xmpp:hats:0", "hats")
	if e == nil {
		return "none"
	}
	for _, hat := range e.Children {
		all += hat.Attr("title") + " <" + hat.Attr("uri") + "> "
	}
	return all
}

// Who has an account on the network, and who is a program, is seen by their hats,
// from the join on and when that changes. XEP-0317 §3.1, IRC-M18
func TestHats(t *testing.T) {
	t.Parallel()
	const (
		account = "account n/1 <xmpp:" + domain + "#account/n%2F1> "
		bot     = "bot <xmpp:" + domain + "#bot> "
	)
	w := newWorld(t)
	w.net.SetOccupant(address, transports.Occupant{Nick: "nurse", Key: "n/1", Account: true})
	w.net.SetOccupant(address, transports.Occupant{Nick: "tybalt", Key: "t@verona"})
	got := map[string]string{}
	for _, st := range w.join(phone, room, "juliet") {
		if st.Name() == "presence" {
			got[st.Head().From.Resource] = worn(st)
		}
	}
	for nick, want := range map[string]string{"nurse": account, "tybalt": "none", "juliet": "none"} {
		if got[nick] != want {
			t.Errorf("at the join %s wears %q, want %q", nick, got[nick], want)
		}
	}
	for _, tt := range []struct {
		now  transports.Occupant
		want string
	}{
		{transports.Occupant{Nick: "nurse", Key: "n/1", Account: true, Bot: true}, account + bot},
		{transports.Occupant{Nick: "nurse", Key: "n@verona", Bot: true}, bot},
		{transports.Occupant{Nick: "nurse", Key: "n@verona"}, "none"},
	} {
		w.net.SetOccupant(address, tt.now)
		if p := w.presence(room+"/nurse", phone, ""); worn(p) != tt.want {
			t.Errorf("%+v wears %q, want %q", tt.now, worn(p), tt.want)
		}
	}
	w.send("<presence from='%s' to='%s/juliet' xml:lang='de'><x xmlns='%s'/></presence>", laptop, room, nsMUC)
	w.shown(laptop)
	w.net.SetOccupant(address, transports.Occupant{Nick: "nurse", Key: "n", Account: true, Bot: true})
	if p := w.presence(room+"/nurse", laptop, ""); worn(p) != "Konto n <xmpp:"+domain+"#account/n> Bot <xmpp:"+domain+"#bot> " {
		t.Errorf("in German: %q", worn(p))
	}
}
