package compose_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wherry/transports/email/compose"
	"wherry/transports/email/message"
)

// Twenty mails of four conversations, in turns, with one more who joins late: mblaze
// puts each below the one that it answers, and in the conversations that we say.
func TestThreads(t *testing.T) {
	t.Parallel()
	const conversations, turns = 4, 5
	dir, at := t.TempDir(), time.Date(2026, 11, 28, 10, 0, 0, 0, time.UTC)
	before := make([]*compose.Original, conversations)
	roots := map[string]string{} // of each file, as we read it
	var names []string
	for turn := range turns {
		for c := range conversations {
			from, to := compose.Mailbox{Addr: "ann@mail.test"}, compose.Mailbox{Addr: "bob@other.test"}
			if turn%2 == 1 {
				from, to = to, from
			}
			at = at.Add(time.Minute)
			mail := compose.Mail{From: from, To: []compose.Mailbox{to}, Text: fmt.Sprintf("turn %d of %d", turn, c), Date: at,
				ID: compose.StableID("secret", fmt.Sprint(c, turn), from.Addr), Answers: before[c]}
			m, err := compose.New(mail)
			if err != nil {
				t.Fatal(err)
			}
			var raw bytes.Buffer
			if _, err := m.WriteTo(&raw); err != nil {
				t.Fatal(err)
			}
			name := filepath.Join(dir, fmt.Sprintf("%d-%d", c, turn))
			if err := os.WriteFile(name, raw.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := message.Read(bytes.NewReader(raw.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			names, roots[name] = append(names, name), got.Root()
			before[c] = &compose.Original{ID: got.ID, References: got.References, Subject: got.Subject, From: from, Date: at}
		}
	}
	root, seen := "", 0
	for line := range strings.Lines(run(t, "mthread", names...)) {
		name := strings.TrimSpace(line)
		depth := len(line) - len(strings.TrimLeft(line, " "))
		if depth == 0 {
			root = roots[name]
		}
		if want := fmt.Sprintf("-%d", depth); roots[name] != root || !strings.HasSuffix(name, want) {
			t.Errorf("mblaze has %s at depth %d of another conversation", filepath.Base(name), depth)
		}
		seen++
	}
	if seen != conversations*turns {
		t.Errorf("%d of %d mails", seen, conversations*turns)
	}
}
