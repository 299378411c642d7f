package irc

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"wherry/transports"
)

// modernCaps lets a test connection use what modern networks have.
const modernCaps = "CAP * ACK :batch message-tags server-time labeled-response draft/multiline draft/chathistory account-tag"

// FuzzBatches says that no server can make us keep more than the bounds, or
// change who is in a channel by what was long ago.
func FuzzBatches(f *testing.F) {
	for _, s := range []string{
		"BATCH +1 chathistory #room\n@batch=1 :bob PART #room\n@batch=1 BATCH +2 draft/multiline #room\n@batch=2 :bob PRIVMSG #room x\nBATCH -1\nBATCH -2",
		"BATCH +1 draft/multiline\nBATCH +1 x\n@batch=1 BATCH +1 x\n@batch=1 :bob PRIVMSG\nBATCH -1\nBATCH -\nBATCH +",
		"@label=1 BATCH +1 labeled-response\n@batch=1 BATCH +2 chathistory #room\n@batch=2 :alice PRIVMSG #room x\nBATCH -2\nBATCH -1",
		"BATCH +1 draft/chathistory-targets\n@batch=1 CHATHISTORY TARGETS bob x\nBATCH -1",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, input string) {
		c := newTestConn(t, nil)
		c.feedLines(t, modernCaps)
		_ = c.step(t.Context(), []byte(input+"\r\n"))
		if len(c.batches) > maxBatches {
			t.Fatalf("%d batches are open", len(c.batches))
		}
		for ref, b := range c.batches {
			depth := 0
			for ; b != nil; b = b.parent {
				depth++
			}
			if depth > maxBatchDepth || ref == "" {
				t.Fatalf("a batch %q at depth %d", ref, depth)
			}
		}
	})
}

// A batch without an end is handled before it is too large, and what follows is
// not kept.
func TestEndlessBatches(t *testing.T) {
	for _, kind := range []string{"netsplit a.b c.d", "chathistory #room", "draft/multiline #room", "draft/chathistory-targets"} {
		t.Run(kind, func(t *testing.T) {
			received := 0
			c := newTestConn(t, func(b transports.Batch) { received += len(b.Events) })
			c.feedLines(t, modernCaps, ":s BATCH +1 "+kind)
			received = 0
			line := "@batch=1 :bob!b@h PRIVMSG #room :" + strings.Repeat("x", 400)
			for range 4 * maxBatchBytes / len(line) {
				c.feedLines(t, line)
			}
			size, lines := 0, 0
			for _, b := range c.batches {
				size, lines = size+b.bytes, lines+b.lines
				if b.spilled && len(b.items) > 0 {
					t.Errorf("%d lines are kept of what was handled", len(b.items))
				}
			}
			if size > maxBatchBytes || lines > maxBatchLines {
				t.Errorf("%d lines of %d bytes are kept", lines, size)
			}
			if kind != "draft/chathistory-targets" && received == 0 {
				t.Error("nothing of it was handed on")
			}
		})
	}
}

// What is kept of a list, of lines that wait for the past, and of one message is
// bounded in bytes, and so are ids.
func TestHostileSizes(t *testing.T) {
	var received []transports.Message
	c := newTestConn(t, func(b transports.Batch) {
		for _, e := range b.Events {
			if m, ok := e.(transports.Received); ok {
				received = append(received, m.Message)
			}
		}
	})
	c.feedLines(t, modernCaps)
	list, _ := c.listing()
	long := strings.Repeat("ä", 2000)
	for i := range 30_000 {
		c.feedLines(t, fmt.Sprintf(":s 322 alice #c%d 3 :%s", i, long))
	}
	size := 0
	for _, room := range list.rooms {
		if size += len(room.Room.Name) + len(room.Subject); len(room.Subject) > listText || !utf8.ValidString(room.Subject) {
			t.Fatalf("a subject of %d bytes", len(room.Subject))
		}
	}
	if size > listSize+2*listText || !list.cut {
		t.Errorf("%d bytes are kept, cut %v", size, list.cut)
	}
	c.feedLines(t, ":alice!a@h JOIN #held", ":s 366 alice #held :End")
	ch := c.channelOf("#held")
	ch.gap = new(gap)
	for range 100 {
		c.feedLines(t, ":bob!b@h PRIVMSG #held :"+strings.Repeat("x", 8000))
	}
	if ch.gap != nil || len(received) < 100 {
		t.Errorf("%d lines are handed on, and more held", len(received))
	}
	received = nil
	c.feedLines(t, "@msgid="+strings.Repeat("i", maxMsgID+1)+";+draft/reply="+strings.Repeat("i", 3000)+" :bob!b@h PRIVMSG #held :hello")
	if len(received) != 1 || received[0].ID != "" || received[0].ReplyTo != "" {
		t.Errorf("ids that are too long: %+v", received)
	}
	received = nil
	c.feedLines(t, "BATCH +1 draft/multiline #held")
	for range 200 {
		c.feedLines(t, "@batch=1 :bob!b@h PRIVMSG #held :"+strings.Repeat("x", 400))
	}
	c.feedLines(t, "BATCH -1")
	if len(received) != 1 || len(received[0].Text) > maxMultilineBytes {
		t.Errorf("a message of many lines came as %d", len(received))
	}
}

// Lines are of the past by the network's clock, which may be another than ours,
// and is set from time to time.
func TestClocks(t *testing.T) {
	var delayed []bool
	c := newTestConn(t, func(b transports.Batch) {
		for _, e := range b.Events {
			if m, ok := e.(transports.Received); ok {
				delayed = append(delayed, m.Message.Delayed)
			}
		}
	})
	c.feedLines(t, "CAP * ACK :server-time")
	tagged := func(ago time.Duration, rest string) {
		c.feedLines(t, "@time="+time.Now().Add(-ago).UTC().Format(timeLayout)+" "+rest)
	}
	const said = ":bob!b@h PRIVMSG #room :x"
	tagged(10*time.Minute, said)
	tagged(10*time.Minute, ":s PONG s x")
	tagged(10*time.Minute, said)
	tagged(20*time.Minute, said)
	tagged(5*time.Minute, said) // somebody set it
	tagged(10*time.Minute, said)
	tagged(-20*time.Minute, ":s PONG s x")
	tagged(-20*time.Minute, said)
	tagged(0, said)
	if want := []bool{true, false, true, false, true, false, true}; !slices.Equal(delayed, want) {
		t.Errorf("delayed %v, want %v", delayed, want)
	}
}

// An echo is known by what it says, also where a server cut a long line.
func TestSame(t *testing.T) {
	long := strings.Repeat("x", 450)
	for _, tt := range []struct {
		said, shown string
		want        bool
	}{
		{"one", "one", true}, {"one", "on", false}, {"", "", true}, {"one", "", false}, {long, long[:400], true}, {long, long[:10], false},
		{long[:400], long, false}, {"\x02bold\x02", "bold", true}, {"yes, and no", "yes", false},
	} {
		if got := same(tt.said, tt.shown); got != tt.want {
			t.Errorf("same(%.20q, %.20q) = %v", tt.said, tt.shown, got)
		}
	}
}

// written keeps what is written.
type written struct {
	nowhere
	lines []byte
}

func (w *written) Write(b []byte) (int, error) {
	w.lines = append(w.lines, b...)
	return len(b), nil
}

// TestMultilineAndBack says that what goes out as one message of several lines is
// read by others as the same message.
func TestMultilineAndBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var got []transports.Message
		c := newTestConn(t, func(b transports.Batch) {
			for _, e := range b.Events {
				if r, ok := e.(transports.Received); ok {
					got = append(got, r.Message)
				}
			}
		})
		c.feedLines(t, "CAP * NEW :draft/multiline=max-bytes=3000,max-lines=8", modernCaps)
		w := new(written)
		c.out.conn = net.Conn(w)
		words := rapid.SliceOfN(rapid.SampledFrom([]string{"\n", "word ", "é", strings.Repeat("x", 300), "`", "*b* ", "```", "\t", " "}), 0, 60)
		text := rapid.OneOf(rapid.StringN(0, -1, 2000), rapid.Map(words, func(w []string) string { return strings.Join(w, "") })).Draw(rt, "text")
		text = strings.ReplaceAll(text, "\x7f", "") // a code to those who read
		m := transports.Message{Chat: transports.Address{Kind: transports.Room, Scope: "irc.example", Name: "#room"}, Text: text}
		var want []string
		c.s.online(c)
		for _, part := range c.s.Split(m) {
			if len(part.Text) > 3000 || strings.Count(part.Text, "\n") >= 8 {
				rt.Fatalf("a part of %d bytes", len(part.Text))
			}
			if _, err := c.s.Send(t.Context(), part); err != nil {
				rt.Fatal(err)
			}
			if part.Text != " " {
				want = append(want, part.Text)
			}
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(string(w.lines), "\r\n"), "\r\n") {
			tags := ""
			if strings.HasPrefix(line, "@") {
				tags, line, _ = strings.Cut(line, " ")
				tags += " "
			}
			c.feedLines(t, tags+":bob!b@h "+line)
		}
		var said []string
		for _, m := range got {
			if m.Text != " " {
				said = append(said, m.Text)
			}
		}
		if !slices.Equal(said, want) {
			rt.Fatalf("%q is read as %q", want, said)
		}
		if a, b := strings.Fields(strings.Join(said, "\n")), strings.Fields(printableLines(text)); strings.Join(a, "") != strings.Join(b, "") {
			rt.Fatalf("%q is read as %q", text, said)
		}
	})
}

func printableLines(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, printable(line))
	}
	return strings.Join(lines, "\n")
}

// All that we can ask for is asked for in one line.
func TestCapsFitInALine(t *testing.T) {
	var all caps
	for _, known := range capNames {
		all |= known.cap
	}
	line, err := appendLine(nil, "CAP", "REQ", strings.Join(all.names(), " "))
	if err != nil || len(line) > 510 {
		t.Errorf("CAP REQ of all is %d bytes, %v", len(line), err)
	}
}

// TestLateCasemapping says that a network may tell late which names are one.
func TestLateCasemapping(t *testing.T) {
	var events []transports.Event
	c := newTestConn(t, func(b transports.Batch) { events = append(events, b.Events...) })
	c.feedLines(t, ":alice!a@h JOIN #a[b]", ":s 353 alice = #a[b] :alice Bob{}", ":s 366 alice #a[b] :end", ":s 005 alice CASEMAPPING=ascii :are supported")
	events = nil
	c.feedLines(t, ":carol!c@h JOIN #A[B]", ":bob[]!b@h JOIN #a[b]", ":BOB{} PART #a[b]", ":dave!d@h JOIN #a{b}")
	if got := fmt.Sprintf("%d %d %d", len(events), len(c.channels), len(c.channelOf("#a[b]").members)); got != "2 2 3" {
		t.Errorf("after the change: %s: %+v", got, events)
	}
}

// TestOnlyUTF8 says that nothing is guessed on networks where all is UTF-8.
func TestOnlyUTF8(t *testing.T) {
	var text string
	c := newTestConn(t, func(b transports.Batch) {
		for _, e := range b.Events {
			if r, ok := e.(transports.Received); ok {
				text = r.Message.Text
			}
		}
	})
	for isupport, want := range map[string]string{"UTF8ONLY": "caf\ufffd", "-UTF8ONLY": "café"} {
		c.feedLines(t, ":s 005 alice "+isupport+" :are supported", ":bob!b@h PRIVMSG #room :caf\xe9")
		if text != want {
			t.Errorf("with %s: %q", isupport, text)
		}
	}
}

// FuzzTags says that a tag is read as it was meant, whatever it holds.
func FuzzTags(f *testing.F) {
	f.Add("a;b c\\d\r\n", "x")
	f.Add("\\", "")
	f.Fuzz(func(t *testing.T, one, other string) {
		text, err := appendTagged(nil, []tag{{"+one", one}, {"other", other}}, "TAGMSG", "#room")
		if err != nil {
			return
		}
		var l line
		if !strings.HasSuffix(string(text), "\r\n") || strings.ContainsAny(string(text[:len(text)-2]), "\r\n\x00") || !l.parse(string(text[:len(text)-2])) {
			t.Fatalf("%q is no line", text)
		}
		if l.tag("+one") != one || l.tag("other") != other || !l.has("+one") || l.verb != "TAGMSG" || l.param(0) != "#room" {
			t.Fatalf("%q is read as %q, %q", text, l.tag("+one"), l.tag("other"))
		}
		if i := strings.IndexByte(string(text), ' '); i+1 > maxClientTags {
			t.Fatalf("tags of %d bytes", i)
		}
	})
}
