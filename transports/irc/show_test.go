package irc_test

import (
	"bufio"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/dial/sockstest"
	"wherry/transports/irc"
	"wherry/transports/irc/identd"
	"wherry/transports/irc/irctest"
)

// listening returns a table and where it is answered from.
func listening(t *testing.T) (*identd.Table, string) {
	t.Helper()
	table := new(identd.Table)
	s, err := identd.Listen(net.JoinHostPort(irctest.Host, "0"), table, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return table, s.Addr().String()
}

// whose asks, as the server of a connection, whose that is.
func whose(t *testing.T, at string, conn *irctest.Conn) string {
	t.Helper()
	asked, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer asked.Close()
	_ = asked.SetDeadline(time.Now().Add(patience))
	there, here := conn.RemoteAddr().(*net.TCPAddr).Port, conn.LocalAddr().(*net.TCPAddr).Port
	fmt.Fprintf(asked, "%d, %d\r\n", there, here)
	answer, err := bufio.NewReader(asked).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, answer, _ = strings.Cut(answer, " : ")
	return strings.TrimSpace(answer)
}

// owned runs a session of a user's.
func owned(t *testing.T, tr *irc.Transport, owner string) *life {
	t.Helper()
	session, err := tr.Open(transports.Account{Key: owner + "/", Owner: owner, Scope: irctest.Host, Settings: transports.Settings{"nick": "alice"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, session, func(transports.Batch) {})
}

// A network that asks whose a connection is is told the same of each user at all
// times, from before the log-in to the end of the connection. RFC 1413
func TestIdent(t *testing.T) {
	table, at := listening(t)
	server := irctest.Listen(t)
	tr := irc.New(irc.Config{PlainPorts: []int{server.Port()}, AllowPrivateHosts: true, Idents: table})
	tr.HurryQuit(100 * time.Millisecond)
	answers := map[string]string{}
	for _, owner := range []string{"owner-of-alice", "owner-of-bob", "owner-of-alice"} {
		l := owned(t, tr, owner)
		conn := server.Accept()
		answer := whose(t, at, conn) // before a line of either side
		if !regexp.MustCompile(`^USERID : UNIX : [a-p][a-z2-7]{8}$`).MatchString(answer) {
			t.Errorf("answered %q", answer)
		}
		if was := answers[owner]; was != "" && was != answer {
			t.Errorf("%s is %q, and was %q", owner, answer, was)
		}
		answers[owner] = answer
		conn.Welcome()
		next[transports.Online](l)
		if again := whose(t, at, conn); again != answer {
			t.Errorf("later %q", again)
		}
		l.stop()
		conn.Expect("QUIT *")
		conn.ExpectEOF()
		<-l.ended
		if again := whose(t, at, conn); again != "ERROR : NO-USER" {
			t.Errorf("afterwards %q", again)
		}
	}
	if answers["owner-of-alice"] == answers["owner-of-bob"] {
		t.Errorf("two users are one: %v", answers)
	}
	l := owned(t, tr, "") // nobody known
	conn := server.Accept()
	if answer := whose(t, at, conn); answer != "ERROR : NO-USER" {
		t.Errorf("of nobody %q", answer)
	}
	l.stop()
}

// A trial log-in is told as the user's own.
func TestIdentOfTrial(t *testing.T) {
	table, at := listening(t)
	server := irctest.Listen(t)
	tr := irc.New(irc.Config{PlainPorts: []int{server.Port()}, AllowPrivateHosts: true, Idents: table})
	tr.HurryQuit(100 * time.Millisecond)
	tried := make(chan error, 1)
	go func() {
		_, err := tr.Try(t.Context(), transports.Account{Owner: "owner-of-alice", Scope: irctest.Host, Settings: transports.Settings{"nick": "alice"}})
		tried <- err
	}()
	conn := server.Accept()
	trial := whose(t, at, conn)
	conn.Welcome()
	if err := <-tried; err != nil {
		t.Fatal(err)
	}
	l := owned(t, tr, "owner-of-alice")
	if own := whose(t, at, server.Accept()); own != trial || !strings.HasPrefix(own, "USERID") {
		t.Errorf("at the trial %q, then %q", trial, own)
	}
	l.stop()
}

// A connection that TLS does not begin on is answered for no more.
func TestIdentWithoutTLS(t *testing.T) {
	table, at := listening(t)
	server := irctest.Listen(t)
	tr := irc.New(irc.Config{TLSPorts: []int{server.Port()}, AllowPrivateHosts: true, Idents: table})
	l := owned(t, tr, "owner-of-alice")
	conn := server.Accept()
	if answer := whose(t, at, conn); !strings.HasPrefix(answer, "USERID") {
		t.Errorf("during TLS %q", answer)
	}
	conn.Send("NOTICE * :no TLS here")
	if err := l.end(); err == nil {
		t.Error("it goes on")
	}
	if answer := whose(t, at, conn); answer != "ERROR : NO-USER" {
		t.Errorf("afterwards %q", answer)
	}
}

// A network that takes users' addresses from us gets them first, and a user's is
// the same each time. No other network gets its password. IRC-B53
func TestWebIRC(t *testing.T) {
	server := irctest.Listen(t)
	agreed := irc.WebIRC{Host: irctest.Host, Password: "hunter2", Gateway: "wherry", Suffix: "irc.example.org"}
	lines := map[string]bool{}
	told := func(agreed irc.WebIRC, owner string, settings transports.Settings) string {
		t.Helper()
		cfg := irc.Config{PlainPorts: []int{server.Port()}, AllowPrivateHosts: true, WebIRC: []irc.WebIRC{agreed}}
		if settings["ports"] != "" {
			cfg.PlainPorts = []int{1}
		}
		tr := irc.New(cfg)
		settings["nick"] = "alice"
		session, err := tr.Open(transports.Account{Owner: owner, Scope: irctest.Host, Settings: settings}, nil)
		if err != nil {
			t.Fatal(err)
		}
		l := run(t, session, func(transports.Batch) {})
		conn := server.Accept()
		line := conn.Next()
		if strings.HasPrefix(line, "WEBIRC") {
			conn.Expect("CAP LS 302")
		}
		_ = conn.Close()
		_ = l.end()
		return line
	}
	for _, owner := range []string{"owner-of-alice", "owner-of-bob", "owner-of-alice"} {
		lines[told(agreed, owner, transports.Settings{})] = true
	}
	if len(lines) != 2 {
		t.Errorf("two users are told by %v", lines)
	}
	for line := range lines {
		m := regexp.MustCompile(`^WEBIRC hunter2 wherry [a-p][a-z2-7]{8}\.irc\.example\.org (fd[0-9a-f:]+)$`).FindStringSubmatch(line)
		if m == nil {
			t.Errorf("told %q", line)
		} else if addr, err := netip.ParseAddr(m[1]); err != nil || !addr.IsPrivate() {
			t.Errorf("the address is %s, %v", m[1], err)
		}
	}
	ranged := agreed
	ranged.Prefix, ranged.Suffix = netip.MustParsePrefix("2001:db8:1:8000::/49"), strings.Repeat("long.", 20)+"example"
	words := strings.Fields(told(ranged, "owner-of-alice", transports.Settings{}))
	if len(words) != 5 || words[3] != words[4] || !ranged.Prefix.Contains(netip.MustParseAddr(words[4])) {
		t.Errorf("with a range of ours: %q", words)
	}
	zero := agreed
	zero.Prefix = netip.MustParsePrefix("::/96")
	if words := strings.Fields(told(zero, "owner-of-alice", transports.Settings{})); !strings.HasPrefix(words[4], "0::") {
		t.Errorf("an address that begins with a colon: %q", words)
	}
	elsewhere := agreed
	elsewhere.Host = "irc.example.net"
	for what, line := range map[string]string{
		"another network":              told(elsewhere, "owner-of-alice", transports.Settings{}),
		"nobody known":                 told(agreed, "", transports.Settings{}),
		"another host of theirs":       told(agreed, "owner-of-alice", transports.Settings{"address": "localhost"}),
		"a port without TLS of theirs": told(agreed, "owner-of-alice", transports.Settings{"ports": fmt.Sprint(server.Port())}),
	} {
		if line != "CAP LS 302" {
			t.Errorf("%s: %q", what, line)
		}
	}
}

// By TLS the password goes where the certificate is good by itself.
func TestWebIRCByTLS(t *testing.T) {
	server := irctest.ListenTLS(t, irctest.Host)
	agreed := []irc.WebIRC{{Host: irctest.Host, Password: "hunter2", Gateway: "wherry"}}
	l := owned(t, irc.New(irc.Config{TLSPorts: []int{server.Port()}, CAs: server.CAs(), AllowPrivateHosts: true, WebIRC: agreed}), "owner-of-alice")
	conn := server.Accept()
	conn.Expect("WEBIRC hunter2 wherry *")
	conn.Welcome()
	next[transports.Online](l)
}

// Connections begin where the administrator says. IRC-B57
func TestOutgoingBind(t *testing.T) {
	server := irctest.Listen(t)
	for _, addrs := range []string{"127.0.0.2", "::1 127.0.0.3"} {
		cfg := irc.Config{PlainPorts: []int{server.Port()}, AllowPrivateHosts: true}
		for addr := range strings.FieldsSeq(addrs) {
			cfg.OutgoingBind = append(cfg.OutgoingBind, netip.MustParseAddr(addr))
		}
		l := owned(t, irc.New(cfg), "owner-of-alice")
		if from := server.Accept().RemoteAddr().(*net.TCPAddr).IP.String(); !strings.HasSuffix(addrs, from) {
			t.Errorf("bound to %s, and from %s", addrs, from)
		}
		l.stop()
	}
}

// By a proxy the network is reached, and nobody is told by ident whose the
// connection is: the proxy would be asked. IRC-B55
func TestOutgoingProxy(t *testing.T) {
	server := irctest.Listen(t)
	proxy := sockstest.Start(t, nil)
	table, at := listening(t)
	l := owned(t, irc.New(irc.Config{PlainPorts: []int{server.Port()}, AllowPrivateHosts: true, OutgoingProxy: proxy.Addr(), Idents: table}), "owner-of-alice")
	conn := server.Accept()
	if asked := strings.Join(proxy.Asked(), " "); asked != conn.LocalAddr().String() {
		t.Errorf("the proxy was asked for %s", asked)
	}
	if answer := whose(t, at, conn); strings.Contains(answer, "USERID") {
		t.Errorf("answered %q", answer)
	}
	l.stop()
}
