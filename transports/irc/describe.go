package irc

import (
	"crypto/tls"
	"strconv"
	"time"

	"wherry/transports"
)

// Describe tells how the session is connected.
func (s *Session) Describe() []transports.Text {
	c, err := s.live()
	if err != nil {
		return nil
	}
	c.mu.Lock()
	nick, channels, heard, network := c.nick, len(c.channels), c.heard, c.net.network
	c.mu.Unlock()
	address := c.link.socket.RemoteAddr().String()
	how := transports.T("Connected to %s (%s) without encryption.", s.who.host, address)
	if secured, ok := c.link.top.(*tls.Conn); ok {
		how = transports.T("Connected to %s (%s) by %s.", s.who.host, address, tls.VersionName(secured.ConnectionState().Version))
	}
	facts := []transports.Text{how, transports.T("Your nick is %s. Channels: %s.", nick, strconv.Itoa(channels))}
	if network != "" {
		facts = append(facts, transports.T("The network calls itself %s.", network))
	}
	return append(facts, transports.T("It was last heard %s ago.", time.Since(heard).Round(time.Second).String()))
}
