package world

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

var hybridConfig = template.Must(template.New("hybrid").Parse(`
serverinfo {
	name = "irc.test";
	description = "a throw-away server";
	network_name = "HybTest";
	hub = no;
	default_max_clients = 200;
	max_nick_length = 30;
	max_topic_length = 300;
	rsa_private_key_file = "{{.Dir}}/key.pem";
	tls_certificate_file = "{{.Dir}}/cert.pem";
};
admin { name = "nobody"; description = "nobody"; email = "<nobody@irc.test>"; };
class {
	name = "users";
	ping_time = 120 seconds;
	number_per_ip_local = 10000;
	number_per_ip_global = 10000;
	max_number = 10000;
	max_channels = 1000;
	sendq = 16 mbytes;
	recvq = {{if .Strict}}2560{{else}}8000{{end}} bytes;
};
listen {
	host = "{{.IP}}";
	port = {{.Port}};
	flags = tls;
	port = {{.TLSPort}};
};
auth {
	user = "*@*";
	class = "users";
	{{- with .Password}}
	password = "{{.}}";
	{{- end}}
	flags = no_tilde, exceed_limit{{if .Password}}, need_password{{end}}{{if not .Strict}}, can_flood{{end}};
};
kill {
	user = "*outlaw*@*";
	reason = "No outlaws here";
};
channel {
	disable_fake_channels = no;
	invite_delay_channel = 0 seconds;
	invite_client_count = 1000;
	max_channels = 1000;
	default_join_flood_count = 0;
};
general {
	disable_auth = yes;
	default_floodcount = {{if .Strict}}10{{else}}0{{end}};
	anti_nick_flood = {{if .Strict}}yes{{else}}no{{end}};
	away_count = 2;
	away_time = {{if .Strict}}10 seconds{{else}}0 seconds{{end}};
	anti_spam_exit_message_time = {{if .Strict}}5 minutes{{else}}0 seconds{{end}};
	pace_wait_simple = {{if .Strict}}1 second{{else}}0 seconds{{end}};
	pace_wait = {{if .Strict}}10 seconds{{else}}0 seconds{{end}};
	max_targets = 4;
	throttle_count = 1;
	throttle_time = {{if .Strict}}2 seconds{{else}}0 seconds{{end}};
};
`))

// hybridPlace is where packages.sh unpacks ircd-hybrid's package: Debian does not
// let it be installed beside ngircd's.
func hybridPlace() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "wherry-tools", "ircd-hybrid"), nil
}

// Hybrid starts an ircd-hybrid: the protocol as the networks of its family speak
// it (TS6, of IRCv3 what was agreed on first), no services. It slows its users down
// only where the configuration is strict.
func (w *World) Hybrid(c IRCConfig) (*IRC, error) {
	if err := c.defaults(); err != nil {
		return nil, err
	}
	name := fmt.Sprintf("hybrid-%s-%d", c.IP, c.Port)
	dir, err := w.Folder(name)
	if err != nil {
		return nil, err
	}
	place, err := hybridPlace()
	if err != nil {
		return nil, err
	}
	// The servers' user cannot look into the cache of ours.
	binary := filepath.Join(dir, "ircd-hybrid")
	if err := copyHybrid(binary, filepath.Join(place, "usr/sbin/ircd-hybrid")); err != nil {
		return nil, fmt.Errorf("ircd-hybrid is not unpacked, see packages.sh: %w", err)
	}
	if err := os.CopyFS(filepath.Join(dir, "modules"), os.DirFS(filepath.Join(place, "usr/lib/ircd-hybrid/modules"))); err != nil {
		return nil, err
	}
	if err := w.certify(dir, "irc.test", "localhost", c.IP); err != nil {
		return nil, err
	}
	var text strings.Builder
	if err := hybridConfig.Execute(&text, struct {
		IRCConfig
		Dir string
	}{c, dir}); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "ircd.conf")
	if err := w.write(config, []byte(text.String())); err != nil {
		return nil, err
	}
	args := []string{binary, "-foreground", "-configfile", config}
	for _, file := range []string{"kline", "dline", "xline", "resv", "log", "pid"} {
		args = append(args, "-"+file+"file", filepath.Join(dir, "ircd."+file))
	}
	irc := c.server("hybrid")
	irc.Server, err = w.start(program{
		name: name, args: args, dir: dir, ready: answers(irc.Addr, irc.TLSAddr),
		hangs: true, // it writes its log in the handler of the signal, and so may wait for itself
	})
	return irc, err
}

// copyHybrid copies the program to a folder of its own. It is built to look for its
// modules below /usr only: the copy looks in the folder it is started in.
func copyHybrid(to, from string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	for _, place := range []struct{ was, is string }{
		{"/usr/lib/ircd-hybrid/modules//autoload/\x00", "modules/autoload/"},
		{"/usr/lib/ircd-hybrid/modules/\x00", "modules/"},
		{"\x00/usr\x00", "\x00."},
	} {
		if !bytes.Contains(content, []byte(place.was)) {
			return fmt.Errorf("%s is built otherwise: it does not say %q", from, place.was)
		}
		padded := place.is + strings.Repeat("\x00", len(place.was)-len(place.is))
		content = bytes.ReplaceAll(content, []byte(place.was), []byte(padded))
	}
	return os.WriteFile(to, content, 0o755)
}
