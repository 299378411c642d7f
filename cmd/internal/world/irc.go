package world

// IRCConfig says which IRC server is wanted.
type IRCConfig struct {
	IP       string // the loopback address to listen on; default 127.0.0.1
	Port     int    // for plain connections; default a free one
	TLSPort  int    // default a free one
	Password string // of the server; default none
	Ident    bool   // ngircd asks whose each connection is, RFC 1413
	WebIRC   string // the password by which users' addresses are taken from anybody here; default none
	Strict   bool   // slows users down as public networks do; ircd-hybrid only
}

// IRC is an IRC server. Its certificate is for its IP, "localhost" and
// "irc.test", signed by the world's authority.
type IRC struct {
	*Server
	Kind    string // "ngircd", "inspircd", "hybrid" or "ergo"
	IP      string
	Port    int    // plain
	TLSPort int    // TLS
	Addr    string // IP and Port
	TLSAddr string // IP and TLSPort

	services *Server
}

func (c *IRCConfig) defaults() error {
	if c.IP == "" {
		c.IP = "127.0.0.1"
	}
	free, err := ports(c.IP, 2)
	if err != nil {
		return err
	}
	if c.Port == 0 {
		c.Port = free[0]
	}
	if c.TLSPort == 0 {
		c.TLSPort = free[1]
	}
	return nil
}

func (c *IRCConfig) server(kind string) *IRC {
	return &IRC{
		Kind: kind, IP: c.IP, Port: c.Port, TLSPort: c.TLSPort,
		Addr: address(c.IP, c.Port), TLSAddr: address(c.IP, c.TLSPort),
	}
}

// User logs a scripted user in.
func (i *IRC) User(nick string) (*IRCUser, error) {
	return Connect(IRCLogin{Addr: i.Addr, Nick: nick})
}
