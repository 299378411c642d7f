package component_test

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/jid"
	"wherry/component/sharing"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// place is where a test's files go.
type place struct {
	mu    sync.Mutex
	from  []jid.JID
	holds []string
	fail  []error
	stall chan struct{}
}

func (p *place) Upload(ctx context.Context, who, from jid.JID, f *transports.Content) (string, string, int64, error) {
	p.mu.Lock()
	stall := p.stall
	var err error
	if len(p.fail) > 0 {
		err, p.fail = p.fail[0], p.fail[1:]
	}
	p.mu.Unlock()
	if stall != nil {
		select {
		case <-stall:
		case <-ctx.Done():
			return "", "", 0, ctx.Err()
		}
	}
	if err != nil {
		return "", "", 0, err
	}
	b, err := io.ReadAll(f.Body)
	if err != nil {
		return "", "", 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.from, p.holds = append(p.from, from), append(p.holds, string(b))
	return "https://files.example.org/" + who.Local + "/" + string(b) + ".jpg", f.Type, int64(len(b)), nil
}

func uploads(p *place) build {
	return func(w *world) { w.extra.Uploader = p }
}

// sends makes a nick send files, with a text or none.
func (w *world) sends(nick, id, text string, refs ...string) {
	w.Helper()
	m := transports.Message{ID: id, Chat: person(nick), Nick: nick, Text: text}
	for _, ref := range refs {
		m.Attachments = append(m.Attachments, transports.Attachment{Ref: ref, Type: "image/jpeg"})
	}
	if err := w.session("juliet").Emit(transports.Received{Message: m}); err != nil {
		w.Fatal(err)
	}
}

func cats(w *world) {
	for _, name := range []string{"cat", "dog"} {
		w.net.PutFile(name, transporttest.File{Type: "image/jpeg", Content: []byte(name)})
	}
}

// SMS-I3: the text comes first, then each file as a message whose whole body is
// its URL, with XEP-0066 and XEP-0447 beside it.
func TestFiles(t *testing.T) {
	t.Parallel()
	p := new(place)
	w := newMailWorld(t, uploads(p), cats)
	w.sends("nurse", "1", "look", "cat", "dog")
	text := w.heard("nurse")
	if body(text) != "look" || text.Child(sharing.NSOOB, "x") != nil {
		t.Errorf("the text is %s", dump(text))
	}
	for i, name := range []string{"cat", "dog"} {
		m := w.heard("nurse")
		want := sharing.File{URL: "https://files.example.org/juliet/" + name + ".jpg", Type: "image/jpeg", Size: 3}
		if got := sharing.Files(m); body(m) != want.URL || len(got) != 1 || got[0] != want {
			t.Errorf("file %d is %s", i, dump(m))
		}
		if m.ID != text.ID+"-"+string(rune('1'+i)) || m.Child(nsSID, "origin-id").Attr("id") != m.ID || m.Child(nsHints, "store") == nil {
			t.Errorf("file %d is %s", i, dump(m))
		}
	}
	w.nothing()
	if from := p.from[0]; !strings.HasPrefix(from.Local, "u-") || from.Domain != domain || from != p.from[1] || strings.Contains(from.Local, "juliet") {
		t.Errorf("asked for places from %s", from)
	}
}

// SMS-I3: a message of files only has no empty text.
func TestFilesAlone(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, uploads(new(place)), cats)
	w.sends("nurse", "1", "", "cat")
	if m := w.heard("nurse"); !strings.HasSuffix(body(m), "cat.jpg") {
		t.Errorf("heard %s", dump(m))
	}
	w.nothing()
}

// A file on its way holds its own conversation, and no other. SMS-I11
func TestFileHoldsItsConversation(t *testing.T) {
	t.Parallel()
	p := &place{stall: make(chan struct{})}
	w := newMailWorld(t, uploads(p), cats)
	w.sends("nurse", "1", "", "cat")
	w.said("nurse", "2", "behind the cat")
	w.said("friar", "3", "elsewhere")
	if m := w.heard("friar"); body(m) != "elsewhere" {
		t.Errorf("heard %s", dump(m))
	}
	w.nothing()
	close(p.stall)
	if m := w.heard("nurse"); !strings.HasSuffix(body(m), "cat.jpg") {
		t.Errorf("first came %s", dump(m))
	}
	if m := w.heard("nurse"); body(m) != "behind the cat" {
		t.Errorf("then came %s", dump(m))
	}
}

// It does not hold it for ever: then the file comes late.
func TestFileComesLate(t *testing.T) {
	t.Parallel()
	p := &place{stall: make(chan struct{})}
	w := newMailWorld(t, uploads(p), cats, with(func(c *component.Component) {
		component.ShortenFiles(c, 50*time.Millisecond, time.Millisecond)
	}))
	w.sends("nurse", "1", "", "cat")
	w.said("nurse", "2", "behind the cat")
	if m := w.heard("nurse"); body(m) != "behind the cat" {
		t.Errorf("first came %s", dump(m))
	}
	close(p.stall)
	if m := w.heard("nurse"); !strings.HasSuffix(body(m), "cat.jpg") {
		t.Errorf("then came %s", dump(m))
	}
}

// SMS-I4: what fails for the moment is tried again; what fails for good is told
// with the network's id, and what follows is told, too. MAIL-F4
func TestFileFails(t *testing.T) {
	t.Parallel()
	p := &place{fail: []error{&transports.Error{Kind: transports.Unreachable}, &transports.Error{Kind: transports.Busy}}}
	w := newMailWorld(t, uploads(p), cats, with(func(c *component.Component) {
		component.ShortenFiles(c, time.Minute, time.Millisecond)
	}))
	w.sends("nurse", "SM17", "", "cat", "bird")
	if m := w.heard("nurse"); !strings.HasSuffix(body(m), "cat.jpg") {
		t.Errorf("first came %s", dump(m))
	}
	if m := w.heard("nurse"); !strings.Contains(body(m), "SM17") || !strings.HasPrefix(body(m), "[file]") || m.Child(sharing.NSOOB, "x") != nil {
		t.Errorf("then came %s", dump(m))
	}
	if n := w.net.Count(transporttest.OpFetch); n != 4 {
		t.Errorf("fetched %d times, want 4", n)
	}
}

// Without a place for files the user hears that one came.
func TestNoPlaceForFiles(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, cats)
	w.sends("nurse", "1", "look", "cat")
	if m := w.heard("nurse"); body(m) != "look" {
		t.Errorf("heard %s", dump(m))
	}
	if m := w.heard("nurse"); !strings.HasPrefix(body(m), "[file]") {
		t.Errorf("heard %s", dump(m))
	}
}

// A file that was not brought before the gateway ended is brought after.
func TestFileAfterARestart(t *testing.T) {
	t.Parallel()
	p := &place{stall: make(chan struct{})}
	w := newMailWorld(t, uploads(p), cats)
	w.sends("nurse", "1", "look", "cat")
	first := w.heard("nurse")
	w.net.AwaitCall(t, transporttest.OpFetch, 0)
	p.mu.Lock()
	p.stall = nil
	p.mu.Unlock()
	w.restart()
	m := w.heard("nurse")
	if m.ID == first.ID {
		m = w.heard("nurse") // nothing had shown that the text arrived
	}
	if m.ID != first.ID+"-1" || !strings.HasSuffix(body(m), "cat.jpg") {
		t.Errorf("after a restart: %s", dump(m))
	}
}

// SMS-S6: files that the user sends go as files, and their links are no text.
func TestFilesToTheNetwork(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, about(func(a *transports.About) { a.Files = true }))
	const url = "https://upload.example.org/cat.jpg"
	oob := "<x xmlns='jabber:x:oob'><url>" + url + "</url></x>"
	for i, row := range []struct {
		xml, text string
		files     []string
	}{
		{"<body>" + url + "</body>" + oob, "", []string{url}},
		{oob, "", []string{url}},
		{"<body>look\n" + url + "</body>" + oob, "look", []string{url}},
		{"<body>" + url + "</body>", url, nil},
	} {
		w.chat(phone, nurseNick, w.id(), row.xml)
		m := w.net.AwaitCall(t, transporttest.OpSend, i).Message
		var refs []string
		for _, f := range m.Attachments {
			refs = append(refs, f.Ref)
		}
		if m.Text != row.text || !slices.Equal(refs, row.files) {
			t.Errorf("%s went as %q with %v", row.xml, m.Text, refs)
		}
	}
}

// SMS-S7, SMS-S8: nothing that only the user's other clients can read goes out. MAIL-O2
func TestUnreadable(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, about(func(a *transports.About) { a.Files = true }))
	for _, xml := range []string{
		"<body>?OTR:AAMDJ=</body>",
		"<body>I sent you an encrypted message</body><encrypted xmlns='eu.siacs.conversations.axolotl'/>",
		"<body>x</body><encryption xmlns='urn:xmpp:eme:0' namespace='urn:xmpp:otr:0'/>",
		"<file-sharing xmlns='urn:xmpp:sfs:0'><sources><encrypted xmlns='urn:xmpp:esfs:0'/></sources></file-sharing>",
	} {
		id := w.id()
		w.chat(phone, nurseNick, id, xml)
		m := w.message(nurseNick, phone, "error")
		if e := stanza.ParseError(m.Child("", "error")); m.ID != id || e.Condition != stanza.NotAcceptable {
			t.Errorf("%s was answered by %s", xml, dump(m))
		}
	}
	for _, xml := range []string{
		"<body>&gt; quoted\n👍</body><reactions xmlns='urn:xmpp:reactions:0' id='1'><reaction>👍</reaction></reactions>" +
			"<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reactions:0'><body/></fallback>",
		"<active xmlns='http://jabber.org/protocol/chatstates'/>",
		"<displayed xmlns='urn:xmpp:chat-markers:0' id='x'/>",
	} {
		w.chat(phone, nurseNick, w.id(), xml)
	}
	w.chat(phone, nurseNick, "last", "<body>last</body>")
	if m := w.net.AwaitCall(t, transporttest.OpSend, 0).Message; m.Text != "last" {
		t.Errorf("%q went out", m.Text)
	}
	w.nothing()
}

// SMS-S5: a subject goes along with a message that is no chat. A thread comes
// back with the answers.
func TestSubjectAndThread(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, about(func(a *transports.About) { a.Files = true }))
	w.send("<message from='%s' to='%s' id='a'><subject>Balcony</subject><body>tonight</body><thread>t1</thread></message>", phone, nurseNick)
	w.chat(phone, nurseNick, "b", "<subject>Balcony</subject><body>soon</body><thread>t1</thread>")
	if m := w.net.AwaitCall(t, transporttest.OpSend, 0).Message; m.Subject != "Balcony" || m.Text != "tonight" {
		t.Errorf("went as %+v", m)
	}
	if m := w.net.AwaitCall(t, transporttest.OpSend, 1).Message; m.Subject != "" || m.Text != "soon" {
		t.Errorf("went as %+v", m)
	}
	w.said("nurse", "1", "yes")
	if m := w.heard("nurse"); m.Child("", "thread") == nil || m.Child("", "thread").Text != "t1" {
		t.Errorf("heard %s", dump(m))
	}
	w.said("friar", "2", "no")
	if m := w.heard("friar"); m.Child("", "thread") != nil {
		t.Errorf("heard %s", dump(m))
	}
	w.chat(phone, nurseNick, "c", "<body>plain</body>")
	w.net.AwaitCall(t, transporttest.OpSend, 2)
	w.said("nurse", "3", "yes")
	if m := w.heard("nurse"); m.Child("", "thread") != nil {
		t.Errorf("heard %s", dump(m))
	}
}

// SMS-D2: that a message was read is told to who asked, once, and implies that
// it arrived.
func TestSeen(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.chat(phone, nurseNick, "m1", "<body>hello</body>"+wantsTick+"<markable xmlns='urn:xmpp:chat-markers:0'/>")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.settled(phone, "juliet")
	w.told("nurse", "1", transports.Read, nil)
	w.tick(nurseNick, "m1")
	seen := func(st stanza.Stanza) bool {
		d := st.Child("urn:xmpp:chat-markers:0", "displayed")
		return d != nil && d.Attr("id") == "m1" && st.Head().To.String() == phone
	}
	w.Expect(domain, seen)
	w.told("nurse", "1", transports.Delivered, nil)
	w.told("nurse", "1", transports.Read, nil)
	w.settled(phone, "juliet")
	w.nothing()
}

// What a transport tells of itself comes from the gateway, or from whom it is
// about.
func TestTold(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	err := w.session("juliet").Emit(
		transports.Told{Text: transports.T("A line to all.")},
		transports.Told{Chat: person("nurse"), Text: transports.T("A line of the nurse.")})
	if err != nil {
		t.Fatal(err)
	}
	if m := w.message(domain, juliet, "chat"); body(m) != "A line to all." {
		t.Errorf("heard %s", dump(m))
	}
	if m := w.heard("nurse"); body(m) != "A line of the nurse." {
		t.Errorf("heard %s", dump(m))
	}
}

// A line with an ID is told once, whatever comes between.
func TestToldOnce(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	told := transports.Told{ID: "stop", Chat: person("nurse"), Text: transports.T("Once.")}
	if err := w.session("juliet").Emit(told, told); err != nil {
		t.Fatal(err)
	}
	if m := w.heard("nurse"); body(m) != "Once." {
		t.Errorf("heard %s", dump(m))
	}
	w.restart()
	w.settled(phone, "juliet")
	if err := w.session("juliet").Emit(told); err != nil {
		t.Fatal(err)
	}
	w.settled(phone, "juliet")
	for _, st := range w.rest(phone) {
		if m, ok := st.(*stanza.Message); ok && body(m) == "Once." && m.Child(nsDelay, "delay") == nil {
			t.Errorf("again: %s", dump(st))
		}
	}
}

// SMS-I10: what we sent, or may have sent, is not shown as sent elsewhere.
func TestSaidByUs(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	own := func(id string) transports.Received {
		return transports.Received{Message: transports.Message{ID: id, Chat: person("nurse"), Own: true, Text: "hello"}}
	}
	release := w.net.Stall(transporttest.OpSend)
	w.post("nurse", "m1", "hello")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	emit := func() {
		t.Helper()
		if err := w.session("juliet").Emit(own("1")); err != nil {
			t.Fatal(err)
		}
		w.settled(phone, "juliet")
		w.nothing()
	}
	emit() // it may be the one that is on its way
	release()
	w.told("nurse", "1", transports.Delivered, nil)
	w.tick(nurseNick, "m1")
	emit() // it was
}

// SMS-D3: where the network's ids are an account's, a message is the same in
// whatever chat it shows up: its line may be another than it was.
func TestAccountIDs(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, about(func(a *transports.About) { a.AccountIDs = true }))
	w.post("nurse", "m1", "hello")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.settled(phone, "juliet")
	w.told("nurse-by-another-line", "1", transports.Delivered, nil)
	w.tick(nurseNick, "m1")
	w.said("nurse", "in1", "yes")
	w.heard("nurse")
	w.said("nurse-by-another-line", "in1", "yes")
	w.settled(phone, "juliet")
	w.nothing()
}

// SMS-R5: a file that the network does not give out to us any more waits for
// other credentials.
func TestFileWaitsForCredentials(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, uploads(new(place)), cats)
	w.net.Refuse(transporttest.OpFetch, &transports.Error{Kind: transports.Credentials})
	w.sends("nurse", "1", "", "cat")
	w.net.AwaitCall(t, transporttest.OpFetch, 0)
	w.settled(phone, "juliet")
	w.nothing()
	w.register(network, "other")
	if m := w.heard("nurse"); !strings.HasSuffix(body(m), "cat.jpg") {
		t.Errorf("heard %s", dump(m))
	}
}

// SMS-I10: what the user said elsewhere is marked, and comes once.
func TestSaidElsewhere(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	m := transports.Message{ID: "1", Chat: person("nurse"), Own: true, Text: "from the console"}
	if err := w.session("juliet").Emit(transports.Received{Message: m}, transports.Received{Message: m}); err != nil {
		t.Fatal(err)
	}
	if m := w.heard("nurse"); body(m) != "[sent elsewhere] from the console" {
		t.Errorf("heard %s", dump(m))
	}
	w.nothing()
}

// lenient is a network that knows another spelling of each address.
type lenient struct{ *transporttest.Network }

func (l lenient) Address(text string, in transports.Account) (transports.Address, error) {
	return l.Network.Address(strings.TrimPrefix(text, "x-"), in)
}

// SMS-A5: nothing is sent to what an address may mean: the error names the
// address that it has.
func TestOtherSpelling(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, func(w *world) { w.conf.Transport = lenient{w.net} })
	other := "x-" + nurseNick
	w.chat(phone, other, "m1", "<body>hello</body>")
	m := w.message(other, phone, "error")
	if e := stanza.ParseError(m.Child("", "error")); e.Condition != stanza.Gone || e.Redirect != "xmpp:"+nurseNick || !strings.Contains(e.Text, nurseNick) {
		t.Errorf("answered by %s", dump(m))
	}
	w.settled(phone, "juliet")
	if n := w.net.Count(transporttest.OpSend); n != 0 {
		t.Errorf("%d messages went out", n)
	}
}

// SMS-I9: a stranger asks to be a contact, once, if the user wants that.
func TestIntroduced(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	asks := func(st stanza.Stanza) bool { return st.Name() == "presence" && st.Head().Type == "subscribe" }
	for i, id := range []string{"1", "2"} {
		err := w.session("juliet").Emit(transports.Received{Message: transports.Message{ID: id, Chat: person("nurse"), Text: "hello", Introduce: true}})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if st := w.Expect(domain, asks); st.Head().From.String() != nurseNick || st.Head().To.String() != juliet {
				t.Errorf("asked by %s", dump(st))
			}
		}
		w.heard("nurse")
	}
	w.said("friar", "3", "hello")
	w.heard("friar")
	for _, st := range w.rest(phone) {
		if asks(st) {
			t.Errorf("asked again: %s", dump(st))
		}
	}
}
