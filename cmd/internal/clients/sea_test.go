package clients

import (
	"regexp"
	"strings"
	"testing"

	"wherry/transports/irc/ircv3test"
)

// Where all dialogues take place.
const (
	domain  = "example.test"
	gateway = "irc.example.test"
	network = "localhost@" + gateway
	channel = "#harbour"
	room    = channel + "%" + network
	user    = "alice@" + domain
)

// sea is the IRC network of a dialogue, on which people do what its lines say.
type sea struct {
	*ircv3test.Network
	t       *testing.T
	puppets map[string]*ircv3test.Puppet
	ids     map[string]string // the network's, by the text of the line
}

func newSea(t *testing.T) *sea {
	t.Helper()
	return &sea{ircv3test.Start(t, ircv3test.Config{}), t, make(map[string]*ircv3test.Puppet), make(map[string]string)}
}

// does has somebody send a line; somebody new comes to the network with it. The
// server itself sets modes.
func (s *sea) does(who, line string) {
	s.t.Helper()
	words := strings.Fields(line)
	if who == "" {
		s.Mode(words[1], words[2], words[3:]...)
		return
	}
	if s.puppets[who] == nil {
		s.puppets[who] = s.Puppet(who)
		s.puppets[who].Do("SETNAME :" + who) // as in the recordings, where none is known
		s.SetHost(who, who, who+".test")
	}
	s.learn()
	line = regexp.MustCompile(`\{([^}]+)\}`).ReplaceAllStringFunc(line, func(named string) string {
		id := s.ids[strings.Trim(named, "{}")]
		if id == "" {
			s.t.Fatalf("nobody has said %s", named)
		}
		return id
	})
	s.puppets[who].Do(line)
	s.learn()
}

var privmsg = regexp.MustCompile(`^@(?:\S*;)?msgid=([^; ]+)\S* \S+ PRIVMSG \S+ :?(.*)$`)

// learn finds the ids of what was said.
func (s *sea) learn() {
	for _, p := range s.puppets {
		for _, line := range p.Told() {
			if found := privmsg.FindStringSubmatch(line); found != nil {
				s.ids[found[2]] = found[1]
			}
		}
	}
}

// hears waits until somebody gets a line.
func (s *sea) hears(who, pattern string) {
	s.t.Helper()
	s.AwaitTold(s.puppets[who], pattern)
}
