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
	saveGroups   = "groups"    // whether the account has groups
	saveGroup    = "group."    // what a group is at the provider, by groupKey
)

// tell has the user told something by the gateway.
func (s *Session) tell(text transports.Text) {
	s.memory.tell(note{event: transports.Told{Text: text}})
}

// tellOnce is tell for what is told once, also over restarts, for as long as
// the text stays the same.
func (s *Session) tellOnce(name string, text transports.Text) {
	s.memory.tell(note{name: name, mark: digest(text.String()), event: transports.Told{Text: text}})
}

// flush tells the user what waits to be told.
func (s *Session) flush(ctx context.Context, emit emitter) error {
	var b transports.Batch
	told := make(map[string]string)
	notes := s.memory.take()
	for _, n := range notes {
		if n.name != "" {
			name := saveTold + n.name
			if told[name] == n.mark || string(s.save(name)) == n.mark {
				continue
			}
			told[name] = n.mark
			b.Saves = append(b.Saves, transports.Save{Name: name, Value: []byte(n.mark)})
		}
		b.Events = append(b.Events, n.event)
	}
	if len(b.Events) == 0 {
		return nil
	}
	err := s.commit(ctx, emit, b)
	if err != nil {
		s.memory.again(notes)
	}
	return err
}

// digest returns a short mark of a text, which may hold a URL that is a secret.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}
