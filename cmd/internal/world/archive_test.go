package world_test

import (
	"sync"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

// journal is what a client noted.
type journal struct {
	mu      sync.Mutex
	entries []world.Entry
	news    chan struct{}
}

func newJournal() *journal { return &journal{news: make(chan struct{}, 1)} }

func (j *journal) note(e world.Entry) {
	j.mu.Lock()
	j.entries = append(j.entries, e)
	j.mu.Unlock()
	select {
	case j.news <- struct{}{}:
	default:
	}
}

// await waits for the n-th entry of a kind, from 1, and returns it.
func (j *journal) await(t *testing.T, n int, what world.Happening) world.Entry {
	t.Helper()
	late := time.After(time.Minute)
	for {
		j.mu.Lock()
		seen := 0
		for _, e := range j.entries {
			if e.What == what {
				if seen++; seen == n {
					j.mu.Unlock()
					return e
				}
			}
		}
		j.mu.Unlock()
		select {
		case <-j.news:
		case <-late:
			t.Fatalf("%d times %s; want %d", seen, what, n)
		}
	}
}

// A message for a user who is offline waits, through the death of the server
// too, for a client that comes back by itself; and is in the archive then.
func TestArchive(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		programs []string
		start    func(*world.World, world.XMPPConfig) (*world.XMPP, error)
		sql      bool
	}{
		"prosody":         {[]string{"prosody"}, (*world.World).Prosody, false},
		"ejabberd-mnesia": {[]string{"erl", "ejabberdctl"}, (*world.World).Ejabberd, false},
		"ejabberd-sql":    {[]string{"erl", "ejabberdctl"}, (*world.World).Ejabberd, true},
	} {
		t.Run(name, func(t *testing.T) {
			worldtest.Need(t, append(c.programs, "/usr/bin/python3")...)
			w := worldtest.New(t)
			x, err := c.start(w, world.XMPPConfig{
				Users: map[string]string{"alice": "secret", "bob": "secret"}, Archive: true, SQL: c.sql,
			})
			if err != nil {
				t.Fatal(err)
			}
			if name == "ejabberd-mnesia" {
				stopAndStart(t, x) // SIGKILL takes from Mnesia what is new
			}
			seen := newJournal()
			alice := worldtest.Client(t, x, world.Login{Name: "alice", Password: "secret", Again: true, Journal: seen.note})
			bob := worldtest.Client(t, x, world.Login{Name: "bob", Password: "secret"})
			if err := alice.Leave(); err != nil {
				t.Fatal(err)
			}
			seen.await(t, 1, world.Offline)
			if err := alice.Say("1", `<presence/>`); err != nil {
				t.Fatal(err)
			}
			if e := seen.await(t, 1, world.Unsaid); e.Key != "1" {
				t.Errorf("unsaid: %+v", e)
			}
			bob.Sendf(`<message to="%s" type="chat" id="one"><body>hello</body></message>`, alice.Bare)
			bob.Sync(x.Domain)
			if name == "ejabberd-mnesia" {
				stopAndStart(t, x)
			}
			x.Kill()
			if err := x.Start(); err != nil {
				t.Fatal(err)
			}
			if err := alice.Return(); err != nil {
				t.Fatal(err)
			}
			seen.await(t, 2, world.Online)
			alice.Expect("the message", func(e *world.Element) bool { return e.Body() == "hello" && e.ID() == "one" })
			if err := alice.Say("2", `<presence/>`); err != nil {
				t.Fatal(err)
			}
			if e := seen.await(t, 1, world.Said); e.Key != "2" || time.Since(e.At) > time.Minute || time.Since(e.At) < 0 {
				t.Errorf("said: %+v", e)
			}
			x.Kill()
			if err := x.Start(); err != nil {
				t.Fatal(err)
			}
			seen.await(t, 3, world.Online)
			kept, err := alice.Archive()
			if err != nil {
				t.Fatal(err)
			}
			if len(kept) != 1 || kept[0].Body() != "hello" || kept[0].ID() != "one" {
				t.Errorf("the archive has %v", kept)
			}
		})
	}
}

func stopAndStart(t *testing.T, x *world.XMPP) {
	t.Helper()
	if err := x.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := x.Start(); err != nil {
		t.Fatal(err)
	}
}
