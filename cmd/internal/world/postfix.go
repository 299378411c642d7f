package world

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/template"
	"time"
)

var postfixConfig = template.Must(template.New("postfix").Parse(`
compatibility_level = 3.6
queue_directory = {{.Dir}}/queue
data_directory = {{.Dir}}/postfix-data
maillog_file = /dev/stdout
multi_instance_enable = no
inet_protocols = ipv4
disable_dns_lookups = yes
myhostname = {{.Host}}
mydomain = {{.Host}}
mydestination =
alias_maps =
alias_database =
mynetworks =
local_transport = error:5.1.1 nobody is here
relay_domains =
default_transport = $virtual_transport
virtual_mailbox_domains = {{.Host}}
virtual_mailbox_maps =
virtual_alias_maps = texthash:{{.Dir}}/lists
virtual_transport = lmtp:inet:{{.LMTP}}
recipient_delimiter = +
smtpd_banner = $myhostname ESMTP
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions = {{template "recipients" .}}
smtpd_sasl_type = dovecot
smtpd_sasl_path = {{.Dir}}/run/auth-smtp
smtpd_tls_auth_only = yes
smtpd_tls_loglevel = 1
smtpd_error_sleep_time = 0
smtpd_client_connection_count_limit = 0
in_flow_delay = 0
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
lmtp_destination_concurrency_limit = 20
{{define "recipients"}}check_policy_service inet:{{.Policy}},
  check_recipient_access texthash:{{.Dir}}/list-id, check_recipient_access texthash:{{.Dir}}/list-post,
  check_recipient_access texthash:{{.Dir}}/list-unsubscribe{{end}}`))

var postfixServices = template.Must(template.New("master").Parse(`
{{.MX}} inet n - n - - smtpd -o syslog_name=postfix/mx
{{- range .Listeners}}
{{- $tls := printf "-o smtpd_sasl_auth_enable=yes -o smtpd_client_restrictions=permit_sasl_authenticated,reject -o smtpd_tls_chain_files=%s/key.pem,%s/cert.pem" .Dir .Dir}}
{{.Submission}} inet n - n - - smtpd -o syslog_name=postfix/submission-{{.Name}} -o smtpd_tls_security_level=encrypt {{$tls}}
{{.Submissions}} inet n - n - - smtpd -o syslog_name=postfix/submissions-{{.Name}} -o smtpd_tls_wrappermode=yes {{$tls}}
{{- end}}
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`))

// tether runs a program that must not outlive us and whom the kernel would not
// end with us, for it changes its user for a moment. The program leads the group
// that the watcher ends. The command "postfix" would have it leave the group.
const tether = `exec 3<&0 </dev/null
( { read -r _; kill -KILL 0; } <&3 >/dev/null 2>&1 & )
exec "$@" 3<&-`

// startPostfix starts the Postfix of m, which is to have the given lists.
func (w *World) startPostfix(m *Mail, set mailSetting, lists map[string][]string) error {
	config := filepath.Join(m.dir, "postfix")
	if err := makeQueue(m.dir); err != nil {
		return err
	}
	for name, t := range map[string]*template.Template{"main.cf": postfixConfig, "master.cf": postfixServices} {
		var text strings.Builder
		if err := t.Execute(&text, set); err != nil {
			return err
		}
		if err := writeAged(filepath.Join(config, name), text.String()); err != nil {
			return err
		}
	}
	for name, table := range listTables(lists) {
		if err := writeAged(filepath.Join(m.dir, name), table); err != nil {
			return err
		}
	}
	master, err := postfixProgram("master")
	if err != nil {
		return err
	}
	addrs := []string{m.MX}
	for _, l := range set.Listeners {
		addrs = append(addrs, l.Submission, l.Submissions)
	}
	m.Postfix, err = w.start(program{
		name: "postfix-" + strings.TrimPrefix(filepath.Base(m.dir), "mail-"),
		args: []string{"sh", "-c", tether, "sh", master, "-c", config, "-d"},
		dir:  m.dir, ours: true, whole: true, ready: answers(addrs...),
	})
	return err
}

// writeAged writes a file as if long ago: one of this second, Postfix reads again and
// again until the second is over.
func writeAged(path, content string) error {
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		return err
	}
	then := time.Now().Add(-time.Hour)
	return os.Chtimes(path, then, then)
}

// listTables returns Postfix's tables of mailing lists: their members, and what
// stands at the head of what they hand on (RFC 2919, RFC 2369).
func listTables(lists map[string][]string) map[string]string {
	tables := map[string]string{"lists": "", "list-id": "", "list-post": "", "list-unsubscribe": ""}
	for _, list := range slices.Sorted(maps.Keys(lists)) {
		address := list + "@" + MailHost
		var members []string
		for _, member := range lists[list] {
			members = append(members, member+"@"+MailHost)
		}
		tables["lists"] += fmt.Sprintf("%s %s\n", address, strings.Join(members, ", "))
		tables["list-id"] += fmt.Sprintf("%s PREPEND List-Id: %s <%s.%s>\n", address, list, list, MailHost)
		tables["list-post"] += fmt.Sprintf("%s PREPEND List-Post: <mailto:%s>\n", address, address)
		tables["list-unsubscribe"] += fmt.Sprintf("%s PREPEND List-Unsubscribe: <mailto:%s-leave@%s>\n", address, list, MailHost)
	}
	return tables
}

// makeQueue makes the folders of a Postfix in dir, as its own "post-install" does.
func makeQueue(dir string) error {
	owner, err := user.Lookup("postfix")
	if err != nil {
		return fmt.Errorf("postfix is not installed: %w", err)
	}
	uid, err := strconv.Atoi(owner.Uid)
	if err != nil {
		return err
	}
	drop, err := user.LookupGroup("postdrop")
	if err != nil {
		return fmt.Errorf("postfix is not installed: %w", err)
	}
	group, err := strconv.Atoi(drop.Gid)
	if err != nil {
		return err
	}
	for _, root := range []string{"postfix", "queue", "queue/pid"} {
		if err := os.Mkdir(filepath.Join(dir, root), 0o755); err != nil {
			return err
		}
	}
	own := func(name string, mode os.FileMode, gid int) error {
		path := filepath.Join(dir, name)
		return errors.Join(os.Mkdir(path, 0o700), os.Chown(path, uid, gid), os.Chmod(path, mode))
	}
	errs := []error{
		own("postfix-data", 0o700, -1), own("queue/public", 0o710, group), own("queue/maildrop", 0o730, group),
	}
	for _, name := range strings.Fields("active bounce corrupt defer deferred flush hold incoming private saved trace") {
		errs = append(errs, own("queue/"+name, 0o700, -1))
	}
	return errors.Join(errs...)
}

// postfixProgram finds one of Postfix's programs, which are in no PATH.
func postfixProgram(name string) (string, error) {
	for _, dir := range []string{"/usr/lib/postfix/sbin", "/usr/libexec/postfix", "/usr/lib/postfix"} {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("postfix is not installed: there is no %s", name)
}

// chownLike gives files to the owner of another one.
func chownLike(owner os.FileInfo, paths ...string) error {
	stat, ok := owner.Sys().(*syscall.Stat_t)
	if !ok {
		return fmt.Errorf("%s: no owner", owner.Name())
	}
	for _, path := range paths {
		if err := os.Chown(path, int(stat.Uid), int(stat.Gid)); err != nil {
			return err
		}
	}
	return nil
}
