package irc

import (
	"strings"
	"testing"

	"wherry/transports"
)

func TestISupport(t *testing.T) {
	s := newISupport()
	s.update(strings.Fields(`CASEMAPPING=ascii CHANTYPES=# STATUSMSG=@+ PREFIX=(Yqaohv)!~&@%+ CHANMODES=IXbeg,k,FHJLfjl,ABC MODES=20
		NICKLEN=30 TOPICLEN=307 KICKLEN=255 NETWORK=Some\x20Net WHOX NICKLEN=many MODES=-1 FOO =x`))
	if s.mapping != ascii || s.chantypes != "#" || s.statusmsg != "@+" || s.listModes != "IXbeg" || s.setModes != "FHJLfjl" ||
		s.modes != 20 || s.nickLen != 30 || s.topicLen != 307 || s.kickLen != 255 || s.network != "Some Net" || !s.whox {
		t.Errorf("read %+v", s)
	}
	want := []prefix{
		{'Y', '!', transports.Op}, {'q', '~', transports.Owner}, {'a', '&', transports.Admin},
		{'o', '@', transports.Op}, {'h', '%', transports.HalfOp}, {'v', '+', transports.Voice},
	}
	for i, p := range want {
		if s.prefixes[i] != p {
			t.Errorf("prefix %d is %+v, want %+v", i, s.prefixes[i], p)
		}
	}
	s.update([]string{"-WHOX", "-CASEMAPPING", "-PREFIX", "-CHANTYPES", "-STATUSMSG", "-CHANMODES", "-UNKNOWN"})
	if s.whox || s.mapping != rfc1459 || len(s.prefixes) != 2 || s.chantypes != "#&" {
		t.Errorf("after taking back %+v", s)
	}
	s.update([]string{"PREFIX="})
	if len(s.prefixes) != 0 {
		t.Error("a network without standings has some")
	}
}

func FuzzISupport(f *testing.F) {
	f.Add("PREFIX=(ov)@+ CHANMODES=a,b,c,d", "+ov-b a b c", "@+nick")
	f.Add("PREFIX=(v)+ -PREFIX PREFIX=(abcdefghij)1234567890 CHANTYPES=", "-", "++")
	f.Add(`NETWORK=\x20\x2\xzz`, "+kl x", "")
	f.Fuzz(func(t *testing.T, tokens, modes, name string) {
		s := newISupport()
		s.update(strings.Fields(tokens))
		if len(s.prefixes) > maxPrefixes || len(s.network) > 64 || len(s.listModes) > 64 {
			t.Fatalf("%q is beyond all bounds: %+v", tokens, s)
		}
		words := strings.Fields(modes)
		changes := s.parseModes(words)
		args := 0
		for _, c := range changes {
			if c.arg != "" {
				args++
			}
		}
		if len(words) > 0 && (args > len(words)-1 || len(changes) > len(words[0])) {
			t.Fatalf("%q makes %d changes with %d arguments", modes, len(changes), args)
		}
		st, nick := s.marks(name)
		if !strings.HasSuffix(name, nick) {
			t.Fatalf("%q is the nick %q", name, nick)
		}
		for rank := transports.Plain; rank <= transports.Owner; rank++ {
			checkRankChange(t, &s, st, rank)
		}
	})
}

// checkRankChange says that a change leads to the rank, where there is one.
func checkRankChange(t *testing.T, s *isupport, st standing, rank transports.Rank) {
	t.Helper()
	change, ok := s.rankChange(st, rank)
	if !ok {
		return
	}
	if change == "" != (s.rank(st) == rank) {
		t.Fatalf("from %b to %d: %q", st, rank, change)
	}
	params := []string{change}
	for range change {
		params = append(params, "nick")
	}
	after := st
	if change != "" {
		for _, c := range s.parseModes(params) {
			i := s.prefixIndex(c.mode)
			if i < 0 {
				t.Fatalf("the change %q has a mode that is no standing", change)
			}
			if after &^= 1 << i; c.add {
				after |= 1 << i
			}
		}
	}
	if s.rank(after) != rank {
		t.Fatalf("from %b to %d: %q leads to %d", st, rank, change, s.rank(after))
	}
}

func TestRankChange(t *testing.T) {
	s := newISupport()
	s.update([]string{"PREFIX=(qaohv)~&@%+"})
	for _, tt := range []struct {
		marks string
		rank  transports.Rank
		want  string
	}{
		{"", transports.Voice, "+v"},
		{"@", transports.Voice, "-o+v"},
		{"@+", transports.Voice, "-o"},
		{"@+", transports.Plain, "-ov"},
		{"~@", transports.Op, "-q"},
		{"+", transports.Owner, "+q"},
		{"@", transports.Op, ""},
	} {
		st, _ := s.marks(tt.marks)
		if got, ok := s.rankChange(st, tt.rank); !ok || got != tt.want {
			t.Errorf("from %q to %d: %q, %v, want %q", tt.marks, tt.rank, got, ok, tt.want)
		}
	}
	plain := newISupport()
	if _, ok := plain.rankChange(0, transports.HalfOp); ok {
		t.Error("a network without half-operators makes some")
	}
}

func TestFold(t *testing.T) {
	for _, tt := range []struct {
		mapping  casemapping
		in, want string
	}{
		{rfc1459, `Nick[A]\^`, `nick{a}|~`},
		{rfc1459Strict, `Nick[A]\^`, `nick{a}|^`},
		{ascii, `Nick[A]\^Ä`, `nick[a]\^Ä`},
		{rfc1459, "plain", "plain"},
	} {
		if got := tt.mapping.fold(tt.in); got != tt.want {
			t.Errorf("fold(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if again := tt.mapping.fold(tt.want); again != tt.want {
			t.Errorf("fold(%q) = %q, not itself", tt.want, again)
		}
	}
}

func TestMatchMask(t *testing.T) {
	for _, tt := range []struct {
		mask, name string
		want       bool
	}{
		{"*!*@host", "nick!user@HOST", true},
		{"n?ck!*@*", "nick!u@h", true},
		{"*!*@*.example", "nick!u@host.test", false},
		{"*", "", true},
		{"", "nick", false},
		{"a*b*c", "aXbYbZc", true},
		{"a*b*c", "aXbYbZ", false},
	} {
		if got := matchMask(tt.mask, tt.name, rfc1459); got != tt.want {
			t.Errorf("matchMask(%q, %q) = %v", tt.mask, tt.name, got)
		}
	}
}

func TestAlternate(t *testing.T) {
	for try := 1; try <= maxTries; try++ {
		for _, nick := range []string{"alice", "averylongnickindeed", "☃", "9", "[x]"} {
			got := alternate(nick, try)
			if got == nick || !validNick(got) {
				t.Errorf("alternate(%q, %d) = %q", nick, try, got)
			}
			if try > 2 && (len(got) > shortNick || plainNick(got) != got) {
				t.Errorf("alternate(%q, %d) = %q: not every network has it", nick, try, got)
			}
		}
	}
}
