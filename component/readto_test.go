package component_test

import (
	"errors"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/transporttest"
)

// marks has Juliet's phone say that it showed a message of somebody's.
func (w *world) marks(nick, id string) {
	w.Helper()
	w.chat(phone, nick+"%"+network+"@"+domain, w.id(), "<displayed xmlns='"+nsMarkers+"' id='"+id+"'/>")
}

// That a client showed a message is told to the network, by the message's time,
// once, and never backwards.
func TestMarkerIsRead(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	var ids []string
	start := time.UnixMilli(1_000_000_000_000)
	for i, id := range []string{"a", "b", "c"} {
		m := mail("nurse", id, "", "")
		m.Time = start.Add(time.Duration(i) * time.Second)
		m.Attachments = []transports.Attachment{{Ref: "x", Name: "x.txt"}}
		ids = append(ids, w.comes(m).ID)
		w.heard("nurse")
	}
	w.writes("nurse", "m1", "")
	w.marks("nurse", "unknown")
	w.marks("nurse", "m1") // one's own
	w.marks("nurse", ids[1])
	w.marks("nurse", ids[1])
	w.marks("nurse", ids[0])
	w.marks("nurse", ids[2]+"-1") // its file
	w.marks("nurse", ids[2])
	w.net.AwaitCall(t, transporttest.OpRead, 1)
	w.barrier(phone)
	calls := w.net.Calls(transporttest.OpRead)
	for i, c := range calls {
		if want := start.Add(time.Duration(i+1) * time.Second); c.Room != person("nurse") || !c.Time.Equal(want) {
			t.Errorf("read %s up to %s, want %s", c.Room, c.Time, want)
		}
	}
	if len(calls) != 2 {
		t.Errorf("%d times", len(calls))
	}
}

// What could not be told is told on the next connection, and nobody hears of it.
func TestMarkerIsReadLater(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t, func(w *world) { w.net.SetAble(transports.CanRead | transports.CanType) })
	first, other := w.comes(mail("nurse", "a", "", "")).ID, w.comes(mail("friar", "b", "", "")).ID
	w.net.Refuse(transporttest.OpRead, &transports.Error{Kind: transports.Unreachable})
	w.marks("nurse", first)
	w.net.AwaitCall(t, transporttest.OpRead, 0)
	w.chat(phone, nurseNick, w.id(), "<composing xmlns='http://jabber.org/protocol/chatstates'/>")
	w.net.AwaitCall(t, transporttest.OpType, 0) // behind the refusal
	release := w.net.Stall(transporttest.OpRun)
	w.session("juliet").Break(errors.New("the network goes"))
	w.net.AwaitCall(t, transporttest.OpRun, 1)
	w.marks("friar", other)
	w.barrier(phone)
	release()
	w.net.AwaitCall(t, transporttest.OpRead, 2)
	chats := map[string]int{}
	for _, c := range w.net.Calls(transporttest.OpRead) {
		chats[c.Room.Name]++
	}
	if chats["nurse"] != 2 || chats["friar"] != 1 {
		t.Errorf("read %v", chats)
	}
	w.nothing()
}
