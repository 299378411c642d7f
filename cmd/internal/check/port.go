package check

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"

	"wherry/cmd/internal/config"
	"wherry/component/stanza"
)

// listensTo says whom the port is for, if not for components, by the namespace
// of the stream that it opens.
func listensTo(ctx context.Context, c config.Component) string {
	if c.TLS != nil {
		return ""
	}
	switch header := streamHeader(ctx, c); {
	case strings.Contains(header, stanza.NSClient):
		return "clients"
	case strings.Contains(header, stanza.NSServer):
		return "other servers"
	}
	return ""
}

// streamHeader returns the start tag with which the server answers a
// component's, or nothing.
func streamHeader(ctx context.Context, c config.Component) string {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.Server)
	if err != nil {
		return ""
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok && conn.SetDeadline(deadline) != nil {
		return ""
	}
	if _, err := io.WriteString(conn, "<?xml version='1.0'?><stream:stream xmlns='"+stanza.NSAccept+
		"' xmlns:stream='http://etherx.jabber.org/streams' to='"+stanza.EscapeAttr(c.Domain)+"'>"); err != nil {
		return ""
	}
	in := bufio.NewReader(io.LimitReader(conn, 4096))
	for {
		tag, err := in.ReadString('>')
		if err != nil || strings.Contains(tag, "<stream:stream") {
			return tag
		}
	}
}

// speaksTLS tells whether the port does.
func speaksTLS(ctx context.Context, server string) bool {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	// Nothing is sent over it: whose certificate it is does not matter.
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
	conn, err := dialer.DialContext(ctx, "tcp", server)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}
