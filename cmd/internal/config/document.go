package config

// document is the file as it is written: its fields are the keys. Values that
// may be left out and have a default other than the zero value are pointers,
// or lists, of which nil is not the empty one.
type document struct {
	Store      storeTable       `toml:"store"`
	Log        logTable         `toml:"log"`
	HTTP       httpTable        `toml:"http"`
	Components []componentTable `toml:"component"`
}

type storeTable struct {
	URL     string `toml:"url"`
	KeyFile string `toml:"key_file"`
}

type logTable struct {
	Level  string `toml:"level"`
	Format string `toml:"format"`
}

type httpTable struct {
	Listen        string `toml:"listen"`
	PublicURL     string `toml:"public_url"`
	TLSCert       string `toml:"tls_cert"`
	TLSKey        string `toml:"tls_key"`
	MediaDir      string `toml:"media_dir"`
	MetricsListen string `toml:"metrics_listen"`
}

type componentTable struct {
	Domain       string      `toml:"domain"`
	Secret       string      `toml:"secret"`
	SecretFile   string      `toml:"secret_file"`
	Server       string      `toml:"server"`
	TLS          bool        `toml:"tls"`
	TLSName      string      `toml:"tls_name"`
	TLSCAFile    string      `toml:"tls_ca_file"`
	Transport    string      `toml:"transport"`
	Allow        []string    `toml:"allow"`
	Admins       []string    `toml:"admins"`
	Registration string      `toml:"registration"`
	Grace        string      `toml:"grace"`
	Upload       string      `toml:"upload"`
	Limits       limitsTable `toml:"limits"`
	IRC          ircTable    `toml:"irc"`
	SMS          smsTable    `toml:"sms"`
	Email        emailTable  `toml:"email"`
	harnessTables
}

type limitsTable struct {
	Accounts *int `toml:"accounts"`
	Networks *int `toml:"networks"`
	Rooms    *int `toml:"rooms"`
	Joins    *int `toml:"joins"`
	Messages *int `toml:"messages"`
	Queue    *int `toml:"queue"`
}

type ircTable struct {
	TLSPorts            []int         `toml:"tls_ports"`
	PlainPorts          []int         `toml:"plain_ports"`
	Networks            []string      `toml:"networks"`
	FixedNetwork        string        `toml:"fixed_network"`
	PersistentByDefault bool          `toml:"persistent_by_default"`
	ThrottleLimit       *int          `toml:"throttle_limit"`
	RecordHistory       *bool         `toml:"record_history"`
	HistoryAge          string        `toml:"history_age"`
	HistoryCount        *int          `toml:"history_count"`
	SharedHistory       bool          `toml:"shared_history"`
	IdentdListen        string        `toml:"identd_listen"`
	OutgoingBind        string        `toml:"outgoing_bind"`
	OutgoingProxy       string        `toml:"outgoing_proxy"`
	WebIRC              []webIRCTable `toml:"webirc"`
	CAFile              string        `toml:"ca_file"`
	AllowPrivateHosts   bool          `toml:"allow_private_hosts"`
}

type webIRCTable struct {
	Host         string `toml:"host"`
	Password     string `toml:"password"`
	PasswordFile string `toml:"password_file"`
	Gateway      string `toml:"gateway"`
	Prefix       string `toml:"prefix"`
}

type smsTable struct {
	TwilioURL         string   `toml:"twilio_url"`
	Webhook           string   `toml:"webhook"`
	PollEvery         string   `toml:"poll_every"`
	ReconcileEvery    string   `toml:"reconcile_every"`
	MediaHosts        []string `toml:"media_hosts"`
	RefusePrefixes    []string `toml:"refuse_prefixes"`
	SopraniAddresses  bool     `toml:"soprani_addresses"`
	AllowPrivateHosts bool     `toml:"allow_private_hosts"`
}

type emailTable struct {
	ISPDB             string          `toml:"ispdb"`
	CAFile            string          `toml:"ca_file"`
	AllowPrivateHosts bool            `toml:"allow_private_hosts"`
	Providers         []providerTable `toml:"provider"`
	OAuth             []oauthTable    `toml:"oauth"`
}

type oauthTable struct {
	Provider         string   `toml:"provider"`
	Name             string   `toml:"name"`
	ClientID         string   `toml:"client_id"`
	ClientSecretFile string   `toml:"client_secret_file"`
	DeviceURL        string   `toml:"device_url"`
	TokenURL         string   `toml:"token_url"`
	Scopes           []string `toml:"scopes"`
	IMAPHosts        []string `toml:"imap_hosts"`
}

type providerTable struct {
	Domains  []string `toml:"domains"`
	IMAPHost string   `toml:"imap_host"`
	IMAPPort int      `toml:"imap_port"`
	IMAPTLS  string   `toml:"imap_tls"`
	SMTPHost string   `toml:"smtp_host"`
	SMTPPort int      `toml:"smtp_port"`
	SMTPTLS  string   `toml:"smtp_tls"`
	Username string   `toml:"username"`
}
