package identd_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"wherry/transports/irc/identd"
)

// patience is how long a test waits for what must come.
const patience = 10 * time.Second

func serve(t *testing.T, table *identd.Table) *identd.Server {
	t.Helper()
	s, err := identd.Listen("127.0.0.1:0", table, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// connected is a connection of ours to a server, which asks from its address.
func connected(t *testing.T) (ours net.Conn, ports string, server netip.AddrPort) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	ours, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close() })
	there := l.Addr().(*net.TCPAddr)
	return ours, fmt.Sprintf("%d, %d", ours.LocalAddr().(*net.TCPAddr).Port, there.Port), there.AddrPort()
}

// dial connects to ask, from an address.
func dial(t *testing.T, s *identd.Server, from string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := d.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// ask returns what is answered to a text, up to the end of a line or of all.
func ask(t *testing.T, s *identd.Server, from, text string) string {
	t.Helper()
	conn := dial(t, s, from)
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil && err != io.EOF && !strings.Contains(err.Error(), "reset") {
		t.Fatal(err)
	}
	return answer
}

// RFC 1413 §3 to §5 IRC-B52
func TestAnswers(t *testing.T) {
	table := new(identd.Table)
	s := serve(t, table)
	conn, ports, _ := connected(t)
	remove := table.Add(conn, "abc234")
	for _, tt := range []struct{ from, ask, want string }{
		{"127.0.0.1", ports + "\r\n", ports + " : USERID : UNIX : abc234\r\n"},
		{"127.0.0.1", " " + strings.Replace(ports, ", ", " ,\t", 1) + " \n", ports + " : USERID : UNIX : abc234\r\n"},
		{"127.0.0.2", ports + "\r\n", ports + " : ERROR : NO-USER\r\n"}, // another host's question
		{"127.0.0.1", "1, 2\r\n", "1, 2 : ERROR : NO-USER\r\n"},
		{"127.0.0.1", "0, 70000\r\n", "0, 70000 : ERROR : INVALID-PORT\r\n"},
		{"127.0.0.1", "-1, 2\r\n", "-1, 2 : ERROR : INVALID-PORT\r\n"},
		{"127.0.0.1", "GET / HTTP/1.1\r\n", ""},
		{"127.0.0.1", "1, 99999999999999999999\r\n", ""},
		{"127.0.0.1", "1, 2 : x\r\n", ""},
		{"127.0.0.1", strings.Repeat("1", 1200), ""}, // no end of a line within the bound
	} {
		if got := ask(t, s, tt.from, tt.ask); got != tt.want {
			t.Errorf("%s asks %.40q: %q, want %q", tt.from, tt.ask, got, tt.want)
		}
	}
	remove()
	remove()
	if got := ask(t, s, "127.0.0.1", ports+"\n"); got != ports+" : ERROR : NO-USER\r\n" {
		t.Errorf("after its end: %q", got)
	}
}

// Several questions may come by one connection, but not without an end.
func TestSeveralQuestions(t *testing.T) {
	s := serve(t, new(identd.Table))
	conn := dial(t, s, "127.0.0.1")
	go func() { _, _ = io.WriteString(conn, strings.Repeat("1, 2\r\n", 30)) }()
	answers, _ := io.ReadAll(conn)
	if n := strings.Count(string(answers), "NO-USER"); n != 20 {
		t.Errorf("%d answers, want 20", n)
	}
}

// A question that comes before the dial has returned waits for it.
func TestQuestionBeforeDialEnds(t *testing.T) {
	for _, ours := range []bool{true, false} {
		table := new(identd.Table)
		s := serve(t, table)
		conn, ports, server := connected(t)
		done := table.Dialling(server)
		asking := dial(t, s, "127.0.0.1")
		if _, err := io.WriteString(asking, "1, 2\r\n"+ports+"\r\n"); err != nil {
			t.Fatal(err)
		}
		answers := bufio.NewReader(asking)
		if first, _ := answers.ReadString('\n'); first != "1, 2 : ERROR : NO-USER\r\n" { // of another server: at once
			t.Errorf("first %q", first)
		}
		want := ports + " : ERROR : NO-USER\r\n"
		if ours {
			table.Add(conn, "late")
			want = ports + " : USERID : UNIX : late\r\n"
		}
		done()
		if got, _ := answers.ReadString('\n'); got != want {
			t.Errorf("ours %v: %q, want %q", ours, got, want)
		}
	}
}

// Strangers hold no more than so many connections.
func TestConnectionsAtOnce(t *testing.T) {
	s := serve(t, new(identd.Table))
	for range 20 {
		conn := dial(t, s, "127.0.0.3")
		if _, err := io.WriteString(conn, "1, 2\r\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	if got := ask(t, s, "127.0.0.3", ""); got != "" {
		t.Errorf("one too many of an address: %q", got)
	}
	if got := ask(t, s, "127.0.0.4", "1, 2\n"); got == "" {
		t.Error("another address is not answered")
	}
}

// Two connections of different addresses of ours may have the same ports.
func TestSamePorts(t *testing.T) {
	table := new(identd.Table)
	s := serve(t, table)
	conn, ports, _ := connected(t)
	table.Add(elsewhere{conn}, "other")
	if got := ask(t, s, "127.0.0.1", ports+"\n"); !strings.Contains(got, " other") { // the only one
		t.Errorf("answered %q", got)
	}
	table.Add(conn, "mine")
	if got := ask(t, s, "127.0.0.1", ports+"\n"); !strings.Contains(got, " mine") {
		t.Errorf("answered %q", got)
	}
}

// elsewhere is a connection from another address of ours.
type elsewhere struct{ net.Conn }

func (e elsewhere) LocalAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: e.Conn.LocalAddr().(*net.TCPAddr).Port}
}

func TestNoTable(t *testing.T) {
	var none *identd.Table
	conn, _, server := connected(t)
	none.Dialling(server)()
	none.Add(conn, "x")()
}

// Whatever is asked gets one line or none, and names nobody.
func FuzzQuestion(f *testing.F) {
	for _, text := range []string{"1, 2", "0,0", " 6193 ,\t23 ", ",", "-1,65536", "1,2,3", "\x00,\x00"} {
		f.Add(text)
	}
	table := new(identd.Table)
	s, err := identd.Listen("127.0.0.1:0", table, slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	f.Fuzz(func(t *testing.T, text string) {
		text, _, _ = strings.Cut(text, "\n")
		got := ask(t, s, "127.0.0.1", text+"\n")
		if got != "" && !strings.HasSuffix(got, " : ERROR : NO-USER\r\n") && !strings.HasSuffix(got, " : ERROR : INVALID-PORT\r\n") {
			t.Errorf("%q: %q", text, got)
		}
	})
}
