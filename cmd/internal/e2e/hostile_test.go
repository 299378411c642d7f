package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
)

// kraken is an IRC server that means harm: it welcomes everybody, and then
// does what attack says with each who joins.
func kraken(t *testing.T, attack func(conn net.Conn, nick, channel string)) (port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go grip(conn, attack)
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

func grip(conn net.Conn, attack func(net.Conn, string, string)) {
	defer conn.Close()
	nick := "*"
	for in := bufio.NewScanner(conn); in.Scan(); {
		line := world.Line(in.Text())
		switch line.Command() {
		case "CAP":
			if line.Param(0) == "LS" {
				fmt.Fprintf(conn, ":kraken CAP * LS :\r\n")
			}
		case "NICK":
			nick = line.Param(0)
		case "USER":
			fmt.Fprintf(conn, ":kraken 001 %s :Come closer\r\n:kraken 005 %s CHANTYPES=# :are supported\r\n:kraken 422 %s :No MOTD\r\n", nick, nick, nick)
		case "PING":
			fmt.Fprintf(conn, ":kraken PONG kraken :%s\r\n", line.Param(0))
		case "JOIN":
			channel := line.Param(0)
			fmt.Fprintf(conn, ":%s!u@h JOIN %s\r\n:kraken 353 %s = %s :%s @kraken\r\n:kraken 366 %s %s :End\r\n",
				nick, channel, nick, channel, nick, nick, channel)
			attack(conn, nick, channel)
		}
	}
}

// seaOf returns a gateway of its own to a hostile server, beside a harmless
// one, at the spare domain.
func (h *harbour) seaOf(t *testing.T, port int) *network {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	watch := h.passenger(t)
	g, err := h.world.Gateway(world.GatewayConfig{
		Name: fresh("sea"), Binary: path, Debug: true,
		Components: []world.Component{{
			Domain: spareGateway, Secret: spareSecret, Server: h.xmpp.ComponentAddr,
			Network: fmt.Sprintf("tls_ports = []\nplain_ports = [%d, %d]\nallow_private_hosts = true\n", port, h.ng.Port),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.gateway = g
	watch.Await(spareGateway)
	return &network{nil, "localhost", spareGateway}
}

// A line of 20 MB without an end harms only its own connection, and costs no
// memory.
func TestEndlessLine(t *testing.T) {
	onEachOwn(t, func(t *testing.T, h *harbour) {
		sent := make(chan int, 16)
		port := kraken(t, func(conn net.Conn, nick, channel string) {
			total := 0
			for chunk := bytes.Repeat([]byte("x"), 1<<16); total < 20<<20; {
				n, err := conn.Write(chunk)
				total += n
				if err != nil {
					break
				}
			}
			sent <- total
		})
		n := h.seaOf(t, port)
		before := rss(t, h.gateway)
		p := h.passenger(t)
		p.join(n.room("#deep"), fresh("al"))
		<-sent
		if answer := p.Ask("get", spareGateway, `<ping xmlns="urn:xmpp:ping"/>`); answer.Type() != "result" {
			t.Errorf("ping after the line: %v", answer)
		}
		if grown := rss(t, h.gateway) - before; grown > 64<<20 {
			t.Errorf("the gateway grew by %d MiB", grown>>20)
		}
		wantAlive(t, h, p)
	})
}

// wantAlive: the gateway's stream never broke.
func wantAlive(t *testing.T, h *harbour, p *passenger) {
	t.Helper()
	p.Sync(spareGateway)
	if log := h.xmpp.Tail(1 << 20); strings.Contains(log, "component disconnected: "+spareGateway) {
		t.Errorf("the XMPP server ended the stream:\n%s", log[max(0, len(log)-3000):])
	}
}

// Whatever IRC makes long cannot become a stanza that the XMPP server takes
// for an attack.
func TestHugeStanza(t *testing.T) {
	onEachOwn(t, func(t *testing.T, h *harbour) {
		done := make(chan bool, 16)
		port := kraken(t, func(conn net.Conn, nick, channel string) {
			huge := strings.Repeat("&<>\"é", 600<<10/6)
			for _, line := range []string{
				":kraken!u@h PRIVMSG " + channel + " :" + huge,
				":kraken!u@h TOPIC " + channel + " :" + huge,
				":kraken 332 " + nick + " " + channel + " :" + huge,
				":kraken!u@h NICK :" + huge,
				":" + huge + "!u@h JOIN " + channel,
				":kraken!" + huge + "@h PART " + channel + " :" + huge,
				":kraken PRIVMSG " + nick + " :" + huge,
				":kraken!u@h PRIVMSG " + channel + " :calm again",
			} {
				if _, err := conn.Write([]byte(line + "\r\n")); err != nil {
					break
				}
			}
			done <- true
		})
		n := h.seaOf(t, port)
		p := h.passenger(t)
		p.join(n.room("#deep"), fresh("al"))
		<-done
		p.Sync(spareGateway)
		wantAlive(t, h, p)
	})
}

// rss is how much memory the gateway has.
func rss(t *testing.T, g *world.Gateway) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", g.PID()))
	if err != nil {
		t.Fatal(err)
	}
	var size, resident int
	if _, err := fmt.Sscan(string(status), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * os.Getpagesize()
}
