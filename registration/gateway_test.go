package registration_test

import (
	"strings"
	"testing"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
)

// typed returns what is sent to translate a text.
func typed(text string) string {
	return "<query xmlns='" + nsGateway + "'><prompt>" + stanza.EscapeAttr(text) + "</prompt></query>"
}

// What to type is told in the user's language. XEP-0100 §6.2.
func TestPrompt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) {
		about := w.net.About()
		about.Prompt, about.Describe = transports.T("Network"), transports.T("User name")
		w.net.SetAbout(about)
	})
	for _, tt := range []struct { // none is named first: behind another, that one may still be the user's
		lang string
		want [2]string
	}{{"", [2]string{"Network", "User name"}}, {"de", [2]string{"Netz", "Benutzername"}}, {"tlh", [2]string{"Network", "User name"}}} {
		lang, want := tt.lang, tt.want
		id := w.id()
		w.send("<iq type='get' id='%s' xml:lang='%s' from='%s' to='%s'><query xmlns='%s'/></iq>", id, lang, phone, domain, nsGateway)
		q := w.answer(id).Child(nsGateway, "query")
		if got := [2]string{q.ChildText(nsGateway, "prompt"), q.ChildText(nsGateway, "desc")}; got != want {
			t.Errorf("in %q: %q, want %q", lang, got, want)
		}
	}
	if iq := w.get(paris, domain, "<query xmlns='"+nsGateway+"'/>"); iq.Type != "error" {
		t.Errorf("a stranger is told %s", dump(iq))
	}
}

// What was typed becomes a JID, and nothing else is said. XEP-0100 §6.3.
func TestTranslate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scoped)
	w.signUp(phone, domain, "nick", "juliet", "network", "home.example.net")
	for _, tt := range []struct{ to, typed, want string }{
		{domain, "#room%" + network, "#room%" + network},
		{domain, "  Nurse%IRC.example.net\n", "nurse%" + network},
		{domain, network, network},
		{domain, "nurse", "nurse%home.example.net"},
		{domain, "#room", "#room%home.example.net"},
		{onNet, "nurse", "nurse%" + network},
		{onNet, "#room", "#room%" + network},
		{onNet, "nurse%other.example.net", "nurse%other.example.net"},
		{domain, `a&'/<>\20b%` + network, ``},
		{domain, `+1-(415)-555%` + network, ``},
		{domain, "☃%" + network, ``},
	} {
		iq := w.set(phone, tt.to, typed(tt.typed))
		q := iq.Child(nsGateway, "query")
		if iq.Type != "result" || len(q.Children) != 1 {
			t.Errorf("%q at %s: %s", tt.typed, tt.to, dump(iq))
			continue
		}
		j, err := jid.Parse(q.ChildText(nsGateway, "jid"))
		if err != nil || j.Domain != domain || j.Resource != "" {
			t.Errorf("%q at %s: %q, %v", tt.typed, tt.to, j, err)
			continue
		}
		want := tt.want
		if want == "" {
			want = strings.TrimSpace(tt.typed)
		}
		if got := jid.Text(j.Local); got != want {
			t.Errorf("%q at %s: %q stands for %q, want %q", tt.typed, tt.to, j, got, want)
		}
		if again := w.set(phone, domain, typed(jid.Text(j.Local))); again.Child(nsGateway, "query").ChildText(nsGateway, "jid") != j.String() {
			t.Errorf("%q is not canonical: %s", j, dump(again))
		}
	}
}

// What means nothing is refused with a reason.
func TestTranslateGarbage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scoped)
	for _, text := range []string{
		"", " \n", "nurse", "#room", "#%" + network, "%" + network, "nurse%nowhere", "nick!user@host%" + network,
		"Bob <bob@Example.org>", "mailto:bob@example.org", "+1 (415) 555-0123", "0049301234567", "a b%" + network,
		strings.Repeat("x", 1025) + "%" + network, strings.Repeat("x", 100<<10), "\u0085%" + network, "\ufffd%" + network,
	} {
		iq := w.set(phone, domain, typed(text))
		e := stanza.ParseError(iq.Child("", "error"))
		if len(e.Text) > 2000 {
			t.Errorf("%.40q is said back at length", text)
		}
		if iq.Type != "error" || e.Condition != stanza.NotAcceptable && e.Condition != stanza.ItemNotFound || e.Type != stanza.Modify || e.Text == "" {
			t.Errorf("%.40q: %.300s", text, dump(iq))
		}
	}
	if iq := w.set(phone, domain, "<query xmlns='"+nsGateway+"'/>"); iq.Type != "error" {
		t.Errorf("nothing: %s", dump(iq))
	}
	if iq := w.set(paris, domain, typed("nurse%"+network)); iq.Type != "error" {
		t.Errorf("a stranger is told %s", dump(iq))
	}
}

// eyes is a network that tells in whose eyes an address is read: by the nicks of
// the account and of the default one.
type eyes struct{ *service }

func (eyes) Address(text string, in transports.Account) (transports.Address, error) {
	if strings.Contains(text, ".") {
		return transports.Address{Kind: transports.Network, Scope: transports.Scope(text)}, nil
	}
	return transports.Address{Kind: transports.Contact, Scope: network, Name: in.Settings["nick"] + "+" + in.Default["nick"]}, nil
}

// An address is read by the settings of the account at which it was asked, and
// by the default one's.
func TestTranslateByAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scoped, func(w *world) { w.conf.Transport = eyes{w.net} })
	w.signUp(phone, domain, "nick", "juliet", "network", network)
	w.signUp(phone, onNet, "nick", "capulet")
	for to, want := range map[string]string{domain: "juliet+juliet", onNet: "capulet+juliet"} {
		q := w.set(phone, to, typed("nurse")).Child(nsGateway, "query")
		if got := q.ChildText(nsGateway, "jid"); got != want+"%"+network+"@"+domain {
			t.Errorf("at %s: %q, want %s", to, got, want)
		}
	}
}
