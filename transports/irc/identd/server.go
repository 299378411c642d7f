package identd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Bounds of what strangers may have. RFC 1413 §6 lets a line have a thousand
// characters, and a connection ask several times.
const (
	maxLine    = 1000
	maxLines   = 20
	maxConns   = 100 // at once
	maxHost    = 20  // of one address
	lineWithin = 10 * time.Second
	pendWithin = 5 * time.Second // that a question waits for a connection that is being made
)

// Server answers questions at one address.
type Server struct {
	table    *Table
	listener net.Listener
	log      *slog.Logger
	ctx      context.Context // done once closed
	stop     context.CancelFunc
	work     sync.WaitGroup

	mu    sync.Mutex // guards conns and hosts
	conns map[net.Conn]bool
	hosts map[netip.Addr]int // connections of each address
}

// Listen answers questions at addr, a "host:port" or ":port", out of a table,
// until Close. Port 113 is where servers ask.
func Listen(addr string, table *Table, log *slog.Logger) (*Server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for ident: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{
		table: table, listener: l, log: log, ctx: ctx, stop: stop,
		conns: make(map[net.Conn]bool), hosts: make(map[netip.Addr]int),
	}
	s.work.Go(s.accept)
	return s, nil
}

// Addr returns where the server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close ends the server and all its connections.
func (s *Server) Close() error {
	s.stop()
	err := s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.work.Wait()
	return err
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		switch {
		case s.ctx.Err() != nil:
			if err == nil {
				_ = conn.Close()
			}
			return
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // out of files, for a while
			s.log.Warn("accept a question for ident", "err", err)
			select {
			case <-time.After(time.Second):
			case <-s.ctx.Done():
			}
			continue
		}
		if !s.admit(conn) {
			_ = conn.Close()
			continue
		}
		s.work.Go(func() {
			defer s.dismiss(conn)
			s.serve(conn)
		})
	}
}

// admit counts a connection in, unless there are too many.
func (s *Server) admit(conn net.Conn) bool {
	from, ok := endpoint(conn.RemoteAddr())
	s.mu.Lock()
	defer s.mu.Unlock()
	if !ok || len(s.conns) >= maxConns || s.hosts[from.Addr()] >= maxHost || s.ctx.Err() != nil {
		return false
	}
	s.conns[conn] = true
	s.hosts[from.Addr()]++
	return true
}

func (s *Server) dismiss(conn net.Conn) {
	_ = conn.Close()
	from, _ := endpoint(conn.RemoteAddr())
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
	if s.hosts[from.Addr()]--; s.hosts[from.Addr()] == 0 {
		delete(s.hosts, from.Addr())
	}
}

// serve answers the questions of one connection.
func (s *Server) serve(conn net.Conn) {
	lines := bufio.NewReaderSize(conn, maxLine)
	for range maxLines {
		_ = conn.SetDeadline(time.Now().Add(lineWithin))
		text, err := lines.ReadSlice('\n')
		if err != nil {
			return
		}
		answer := s.answer(conn, string(text))
		if answer == "" {
			return
		}
		_ = conn.SetDeadline(time.Now().Add(lineWithin))
		if _, err := conn.Write([]byte(answer)); err != nil {
			return
		}
	}
}

// answer returns the answer to one line, or nothing where that is no question.
func (s *Server) answer(conn net.Conn, text string) string {
	local, server, ok := question(text)
	if !ok {
		return ""
	}
	head := strconv.Itoa(local) + ", " + strconv.Itoa(server)
	if !isPort(local) || !isPort(server) {
		return head + " : ERROR : INVALID-PORT\r\n"
	}
	from, _ := endpoint(conn.RemoteAddr())
	to, _ := endpoint(conn.LocalAddr())
	key := pair{uint16(local), netip.AddrPortFrom(from.Addr(), uint16(server))}
	id, found := s.table.lookup(s.ctx, key, to.Addr(), pendWithin)
	s.log.Debug("asked for ident", "from", from.Addr(), "ports", head, "ours", found)
	if !found {
		return head + " : ERROR : NO-USER\r\n"
	}
	return head + " : USERID : UNIX : " + id + "\r\n"
}

// question reads "6193, 23", RFC 1413 §3.
func question(text string) (local, server int, ok bool) {
	one, other, found := strings.Cut(strings.TrimRight(text, "\r\n"), ",")
	if !found {
		return 0, 0, false
	}
	local, err := strconv.Atoi(strings.Trim(one, " \t"))
	server, also := strconv.Atoi(strings.Trim(other, " \t"))
	return local, server, err == nil && also == nil
}

func isPort(n int) bool { return n >= 1 && n <= 65535 }
