package component_test

import (
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/transporttest"
)

// What time it is where somebody is, and what they are called besides their nick,
// is what the network says. XEP-0202, XEP-0054, IRC-B25
func TestClockAndNameOfSomebody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse", "friar")
	w.join(phone, room, "juliet")
	const nsTime = "urn:xmpp:time"
	for _, to := range []string{room + "/nurse", "nurse%" + network + "@" + domain} {
		e := w.get(phone, to, "<time xmlns='"+nsTime+"'/>").Child(nsTime, "time")
		if e.ChildText(nsTime, "tzo") != "+05:30" || e.ChildText(nsTime, "utc") != "2025-12-31T18:30:00Z" {
			t.Errorf("%s: %v", to, e)
		}
		if a := dump(w.get(phone, to, "<vCard xmlns='vcard-temp'/>")); !strings.Contains(a, "<FN>Angelica</FN><NICKNAME>nurse</NICKNAME>") {
			t.Errorf("%s: %s", to, a)
		}
		if a := dump(w.get(phone, to, "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'/>")); !strings.Contains(a, "<fn><text>Angelica</text></fn><nickname><text>nurse</text>") {
			t.Errorf("%s: %s", to, a)
		}
	}
	if a := dump(w.get(phone, room+"/friar", "<vCard xmlns='vcard-temp'/>")); !strings.Contains(a, "<FN>friar</FN>") {
		t.Errorf("friar: %s", a)
	}
	if c := w.net.AwaitCall(w, transporttest.OpClock, 0); c.Room != person("nurse") {
		t.Errorf("asked %+v", c)
	}
	w.net.Refuse(transporttest.OpClock, &transports.Error{Kind: transports.Unsupported})
	for to, want := range map[string]string{
		room + "/nurse": "cancel/feature-not-implemented", room + "/nobody": "cancel/item-not-found",
		"nurse%elsewhere.example@" + domain: "wait/remote-server-timeout",
	} {
		if a := w.get(phone, to, "<time xmlns='"+nsTime+"'/>"); fault(a) != want && !(to == room+"/nurse" && a.Type == "error") {
			t.Errorf("%s: %s", to, dump(a))
		}
	}
}
