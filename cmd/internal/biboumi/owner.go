package biboumi

// What biboumi takes where a user has said nothing.
const (
	defaultTLSPorts = "6697;6670"
	defaultPorts    = "6667"
	defaultThrottle = 10
)

// Owner is all that a database has of one user.
type Owner struct {
	Name       string // a bare JID
	Persistent bool   // stays in all channels
	Unrecorded bool   // wants no history
	Servers    []Server
	Channels   []Channel
	Lines      []Line // in the order in which they were recorded
	Contacts   []Contact
}

// Server is what a user set for one IRC server.
type Server struct {
	Host                     string
	Nick, Username, Realname string
	Pass, SASLPassword       string
	Address                  string
	TLSPorts, Ports          string // with ";" between them
	VerifyCert               bool
	Fingerprint              string
	EncodingIn, EncodingOut  string
	Throttle                 int64
	Commands                 []string
}

// Channel is what a user set for a channel.
type Channel struct {
	Server, Name string
	Persistent   bool
}

// Line is one line of a channel's history.
type Line struct {
	Server, Channel string
	Date            int64 // Unix time, in seconds
	Nick, Body      string
}

// Contact is an address of biboumi's in the roster of a user.
type Contact struct {
	Local, Remote string
}
