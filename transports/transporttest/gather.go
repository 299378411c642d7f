package transporttest

import (
	"slices"
	"strings"
	"time"

	"wherry/transports"
)

// SetQuiet has messages wait for others for a while, from now on, and leave as one.
func (n *Network) SetQuiet(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.quiet = d
}

// Quiet answers as the test says.
func (s *Session) Quiet() time.Duration {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	return s.net.quiet
}

// Gather puts the texts of messages of one thread together, a line each, up to one that
// has a subject, a file or a correction.
func (s *Session) Gather(ms []transports.Message) (transports.Message, int) {
	var lines []string
	for i, m := range ms {
		if i > 0 && (m.Thread != ms[0].Thread || m.Subject != "" || !slices.Equal(m.Parties, ms[0].Parties)) || m.Corrects || len(m.Attachments) > 0 {
			break
		}
		lines = append(lines, m.Text)
	}
	if len(lines) < 2 {
		return ms[0], 1
	}
	all := ms[0]
	all.Text = strings.Join(lines, "\n")
	return all, len(lines)
}
