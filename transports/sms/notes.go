package sms

import (
	"context"
	"crypto/sha256"
	"encoding/base64"

	"wherry/transports"
)

// The names of saves. Those that end in a dot go on with a line or a name.
const (
	saveLine     = "line"      // the default line that the user knows of
	saveOwn      = "own"       // ids of the last messages of ours
	saveUsage    = "usage"     // segments sent
	savePosition = "position." // up to when a line was looked at
	saveHook     = "hook."     // where the provider called for a line before
	saveTold     = "told."     // what was told once
)

// tell has the user told something by the gateway.
func (s *Session) tell(text transports.Text) {
	s.memory.tell(note{told: transports.Told{Text: text}})
}

// tellOnce is tell for what is told once, also over restarts, for as long as
// the text stays the same.
func (s *Session) tellOnce(name string, text transports.Text) {
	s.memory.tell(note{name: name, told: transports.Told{Text: text}})
}

// flush tells the user what waits to be told.
func (s *Session) flush(ctx context.Context, emit emitter) error {
	var b transports.Batch
	told := make(map[string]string)
	for _, n := range s.memory.take() {
		if n.name != "" {
			name, mark := saveTold+n.name, digest(n.told.Text.String())
			if told[name] == mark || string(s.save(name)) == mark {
				continue
			}
			told[name] = mark
			b.Saves = append(b.Saves, transports.Save{Name: name, Value: []byte(mark)})
		}
		b.Events = append(b.Events, n.told)
	}
	if len(b.Events) == 0 {
		return nil
	}
	return s.commit(ctx, emit, b)
}

// digest returns a short mark of a text, which may hold a URL that is a secret.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}
