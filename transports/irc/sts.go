package irc

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wherry/transports"
)

// saveSTS is the name of the save of a network's policy.
const saveSTS = "sts"

// policy is that a host is reached by TLS only, for a while:
// https://ircv3.net/specs/extensions/sts.
type policy struct {
	host     string
	port     int
	duration time.Duration // from the end of the last connection that it came by
	until    time.Time
	saved    time.Time
}

// maxPolicy bounds how long a network may bind us.
const maxPolicy = 5 * 365 * 24 * time.Hour

// holds tells whether the policy is for a host, now.
func (p *policy) holds(host string, now time.Time) bool {
	return p != nil && p.host == host && now.Before(p.until)
}

// extend has the policy count from now on.
func (p *policy) extend(now time.Time) { p.until = now.Add(p.duration) }

// due tells whether the policy should be saved again.
func (p *policy) due(now time.Time) bool {
	return now.Sub(p.saved) >= max(time.Minute, min(time.Hour, p.duration/4))
}

// String returns the policy as it is saved.
func (p *policy) String() string {
	return fmt.Sprintf("%s %d %d %s", p.host, p.port, int64(p.duration/time.Second), p.until.UTC().Format(time.RFC3339))
}

// parsePolicy reads what was saved. What it cannot read is no policy.
func parsePolicy(text string) *policy {
	words := strings.Fields(text)
	if len(words) != 4 {
		return nil
	}
	port, err := strconv.Atoi(words[1])
	duration, ok := seconds(words[2])
	until, late := time.Parse(time.RFC3339, words[3])
	if err != nil || !ok || late != nil || port < 1 || port > 65535 {
		return nil
	}
	return &policy{host: words[0], port: port, duration: duration, until: until}
}

// strict is what a value of the capability says.
type strict struct {
	port     int // 0: none
	duration time.Duration
	lasting  bool // there is a duration
}

// parseSTS reads "duration=2592000,port=6697". What it cannot read is left out.
func parseSTS(value string) (s strict) {
	for pair := range strings.SplitSeq(value, ",") {
		switch name, number, _ := strings.Cut(pair, "="); name {
		case "port":
			if n, err := strconv.Atoi(number); err == nil && n > 0 && n <= 65535 && s.port == 0 {
				s.port = n
			}
		case "duration":
			if d, ok := seconds(number); ok && !s.lasting {
				s.duration, s.lasting = d, true
			}
		}
	}
	return s
}

// seconds reads a number of seconds of up to maxPolicy.
func seconds(text string) (time.Duration, bool) {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, false
	}
	return time.Duration(min(n, uint64(maxPolicy/time.Second))) * time.Second, true
}

// redo ends a connection for another one, at once: by TLS at a port, or to one
// network of a bouncer.
type redo struct {
	port    int    // 0: as before
	network string // its id; empty: as before
}

func (r *redo) Error() string { return "connect once more" }

// maxRedo is how many connections one log-in may take.
const maxRedo = 3

// route returns the ports to try, with TLS and without. A policy that stands, or a
// server that asked for TLS just now, leaves none without.
func (s *Session) route(to redo) (secured, plain []int) {
	who := &s.who
	if to.port != 0 {
		return []int{to.port}, nil
	}
	if !s.strict.holds(who.dialled(), time.Now()) {
		return who.tlsPorts, who.plainPorts
	}
	secured = who.tlsPorts
	if !slices.Contains(secured, s.strict.port) {
		secured = append(slices.Clip(secured), s.strict.port)
	}
	return secured, nil
}

// harden obeys the policy that a server tells in a list of capabilities. It tells
// whether the connection ends for one with TLS.
func (c *conn) harden(list string) bool {
	for token := range strings.FieldsSeq(list) {
		value, ok := strings.CutPrefix(token, "sts=")
		if !ok {
			continue
		}
		said := parseSTS(value)
		if !c.secure() {
			return c.toTLS(said.port)
		}
		if said.lasting {
			c.keepPolicy(said.duration)
		}
	}
	return false
}

// toTLS leaves a connection without TLS for one with it. Nothing more is said
// here. A port where other services than IRC are is not gone to.
func (c *conn) toTLS(port int) bool {
	if port == 0 || !allowedPort(port) && !slices.Contains(c.s.t.cfg.TLSPorts, port) {
		return false
	}
	c.reply = nil
	c.end(&redo{port: port, network: c.s.bound})
	return true
}

// keepPolicy has the host reached by TLS only for so long; none takes that back.
func (c *conn) keepPolicy(duration time.Duration) {
	had := c.s.strict != nil
	c.s.strict = nil
	if duration > 0 {
		c.s.strict = &policy{host: c.s.who.dialled(), port: c.link.port, duration: duration}
		c.s.strict.extend(c.heard)
	}
	c.hardened = duration > 0
	c.policies = had || c.hardened
}

// policySave returns the policy where it is to be saved: when it came, and again
// at times, since it counts from the end of the connection.
func (c *conn) policySave() []transports.Save {
	p := c.s.strict
	if !c.policies && !(c.hardened && p.due(c.heard)) {
		return nil
	}
	c.policies = false
	save := transports.Save{Name: saveSTS}
	if c.hardened {
		p.extend(c.heard)
		p.saved = c.heard
		save.Value = []byte(p.String())
	}
	return []transports.Save{save}
}
