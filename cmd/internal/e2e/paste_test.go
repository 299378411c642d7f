package e2e

import (
	"regexp"
	"testing"

	"wherry/cmd/internal/world"
)

// A long message of a user who wants that goes out as a link, and its text is there
// for everybody.
func TestPaste(t *testing.T) {
	t.Parallel()
	need(t, []string{"prosody"})
	h, sea := cove(t, (*world.World).Prosody, world.XMPPConfig{Upload: true})
	p, room := h.passenger(t), "#harbour%localhost@"+spareGateway
	p.Await(spareGateway)
	if e := p.register(spareGateway, map[string]string{"nick": "alice", "paste_lines": "3"}); e.Type() != "result" {
		t.Fatalf("not registered: %v", e)
	}
	bert := sea.Puppet("bert")
	bert.Join("#harbour")
	p.join(room, "alice")
	const poem = "The sea is calm tonight.\nThe tide is full,\nthe moon lies fair\nupon the straits"
	id := p.say(room, poem)
	line := sea.AwaitTold(bert, "*PRIVMSG #harbour :*")
	link := regexp.MustCompile(` :The sea is calm tonight\.… \(4 lines: (http\S+\.txt)\)$`).FindStringSubmatch(line)
	if link == nil {
		t.Fatalf("told %q", line)
	}
	if _, got := fetched(t, link[1]); string(got) != poem {
		t.Errorf("at %s is %q", link[1], got)
	}
	p.Expect("the poem, once", func(e *world.Element) bool { return e.ID() == id && e.Body() == poem })
	p.say(room, "one\ntwo\nthree")
	sea.AwaitTold(bert, "*PRIVMSG #harbour :three")
	h.healthy(t)
}
