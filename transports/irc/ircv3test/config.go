package ircv3test

import (
	"strings"
	"time"
)

// Config is what a server offers and accepts. Its zero value is a server with
// every capability, without a password and accounts.
type Config struct {
	// Caps are the capabilities offered, each with its value if it is not to
	// have the usual one: "sasl=PLAIN". Nil is all of AllCaps. A value changes
	// what is told, not the bounds below.
	Caps []string
	// Name is the server's, "irc.test" unless set; Network its network's,
	// "TestNet".
	Name, Network string
	// Password is what PASS must say; empty is nothing.
	Password string
	// Accounts are passwords by account, for SASL PLAIN and SCRAM-SHA-256.
	Accounts map[string]string
	// Certificates are accounts by the SHA-256 of a client's certificate in
	// lower-case hex, for SASL EXTERNAL.
	Certificates map[string]string
	// Mechanisms are those of SASL: "PLAIN,EXTERNAL,SCRAM-SHA-256" unless set.
	Mechanisms string
	// Reauthenticate lets an account be changed by SASL; else 907 refuses.
	Reauthenticate bool
	// AccountRequired refuses who does not log in.
	AccountRequired bool

	// Registration is the value of draft/account-registration:
	// "before-connect,email-required,custom-account-name". VerifyCode, if set,
	// is what VERIFY must say; without one REGISTER is enough.
	Registration, VerifyCode string

	// STS is the value of the sts capability, offered only if set:
	// "port=6697" or "duration=300".
	STS string
	// CaseMapping is "rfc1459" unless set to "ascii" or "rfc1459-strict".
	CaseMapping string
	// TagDeny is the value of CLIENTTAGDENY; empty allows all.
	TagDeny string
	// UTF8Only refuses lines that are not UTF-8.
	UTF8Only bool
	// Tokens are more tokens of 005, and replace those of the same name; a
	// token that begins with "-" takes one away.
	Tokens []string

	// Bounds, each with its usual value unless set.
	NickLen       int // 30
	ChannelLen    int // 64
	TopicLen      int // 390
	Monitor       int // 100 targets
	History       int // 1000 messages kept per target
	HistoryPage   int // 100 messages per CHATHISTORY
	MultilineMax  int // 4096 bytes
	MultilineRows int // 24 lines
	// RedactWindow is how long a message may be redacted by who wrote it; zero
	// is for ever.
	RedactWindow time.Duration
	// KeepRedacted makes CHATHISTORY give what is redacted, and the REDACT
	// behind it; else neither.
	KeepRedacted bool

	// Networks are those of a bouncer, which the server is if there are any.
	Networks []BouncerNetwork
	// ReplyTag is how puppets tell what they answer: "+draft/reply" unless set to
	// "+reply", as the specification has it now.
	ReplyTag string
	// MOTD are the lines of the message of the day.
	MOTD []string
	// Now is the clock, time.Now unless set.
	Now func() time.Time
}

// withDefaults returns the configuration with the usual values where none are
// set.
func (cfg Config) withDefaults() Config {
	setText := func(field *string, usual string) {
		if *field == "" {
			*field = usual
		}
	}
	setNumber := func(field *int, usual int) {
		if *field == 0 {
			*field = usual
		}
	}
	setText(&cfg.Name, "irc.test")
	setText(&cfg.Network, "TestNet")
	setText(&cfg.Mechanisms, "PLAIN,EXTERNAL,SCRAM-SHA-256")
	setText(&cfg.CaseMapping, "rfc1459")
	setText(&cfg.ReplyTag, "+draft/reply")
	setNumber(&cfg.NickLen, 30)
	setNumber(&cfg.ChannelLen, 64)
	setNumber(&cfg.TopicLen, 390)
	setNumber(&cfg.Monitor, 100)
	setNumber(&cfg.History, 1000)
	setNumber(&cfg.HistoryPage, 100)
	setNumber(&cfg.MultilineMax, 4096)
	setNumber(&cfg.MultilineRows, 24)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	accounts := make(map[string]string, len(cfg.Accounts))
	for account, password := range cfg.Accounts {
		accounts[account] = password
	}
	cfg.Accounts = accounts
	return cfg
}

// fold returns a nick or a channel as the server compares it.
func (s *Server) fold(name string) string { return fold(s.cfg.CaseMapping, name) }

func fold(mapping, name string) string {
	upper, lower := byte('Z'), ""
	switch mapping {
	case "rfc1459":
		lower = `[{]}\|^~`
	case "rfc1459-strict":
		lower = `[{]}\|`
	}
	out := []byte(name)
	for i, c := range out {
		if c >= 'A' && c <= upper {
			out[i] = c + 'a' - 'A'
		} else if at := strings.IndexByte(lower, c); at >= 0 && at%2 == 0 {
			out[i] = lower[at+1]
		}
	}
	return string(out)
}
