package world

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// dovecotConfig is in the language of Dovecot 2.3; that of 2.4 is another one. The
// kernel tells 128 processes of a user of new files, unless it is told otherwise:
// the others look each second.
var dovecotConfig = template.Must(template.New("dovecot").Parse(`
base_dir = {{.Dir}}/run
state_dir = {{.Dir}}/state
log_path = /dev/stderr
protocols = imap lmtp
auth_mechanisms = plain login
auth_failure_delay = 0
auth_verbose = yes
mail_location = maildir:~/Maildir
mail_fsync = never
mailbox_idle_check_interval = 1 s
mail_uid = {{.UID}}
mail_gid = {{.GID}}
first_valid_uid = {{.UID}}
first_valid_gid = {{.GID}}
mail_plugins = quota
postmaster_address = postmaster@{{.Host}}
hostname = {{.Host}}
recipient_delimiter = +
submission_host = {{.MX}}
ssl = required
{{- range .Listeners}}
{{- if eq .Name "good"}}
ssl_cert = <{{.Dir}}/cert.pem
ssl_key = <{{.Dir}}/key.pem
{{- else}}
local {{.IP}} {
  ssl_cert = <{{.Dir}}/cert.pem
  ssl_key = <{{.Dir}}/key.pem
}
{{- end}}
{{- end}}
passdb {
  driver = passwd-file
  args = {{.Dir}}/users/%n
}
userdb {
  driver = passwd-file
  args = {{.Dir}}/users/%n
  default_fields = home={{.Dir}}/home/%n
}
namespace inbox {
  inbox = yes
  mailbox Sent {
    auto = subscribe
    special_use = \Sent
  }
  mailbox Drafts {
    auto = subscribe
    special_use = \Drafts
  }
  mailbox Junk {
    auto = subscribe
    special_use = \Junk
  }
  mailbox Trash {
    auto = subscribe
    special_use = \Trash
  }
}
protocol imap {
  mail_plugins = $mail_plugins imap_quota
}
protocol lmtp {
  mail_plugins = $mail_plugins sieve
}
plugin {
  quota = count:mailbox
  quota_vsizes = yes
  sieve = file:~/reply.sieve
  sieve_extensions = +vacation-seconds
  sieve_vacation_min_period = 0
}
service imap-login {
  service_count = 0
  process_min_avail = 1
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = 0
  }
{{- range .Listeners}}
  inet_listener imap-{{.Name}} {
    address = {{.IP}}
    port = {{.Port .IMAP}}
  }
  inet_listener imaps-{{.Name}} {
    address = {{.IP}}
    port = {{.Port .IMAPS}}
    ssl = yes
  }
{{- end}}
}
service imap {
  process_limit = 4096
}
service lmtp {
  inet_listener lmtp {
    address = {{.IP}}
    port = {{.Port .LMTP}}
  }
}
service auth {
  unix_listener auth-smtp {
    mode = 0666
  }
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
`))

// startDovecot starts the Dovecot of m, which has no users yet.
func (w *World) startDovecot(m *Mail, set mailSetting) error {
	var text strings.Builder
	if err := dovecotConfig.Execute(&text, set); err != nil {
		return err
	}
	config := filepath.Join(m.dir, "dovecot.conf")
	if err := os.WriteFile(config, []byte(text.String()), 0o600); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(m.dir, "users"), 0o755); err != nil {
		return err
	}
	if _, err := w.Folder(filepath.Join(filepath.Base(m.dir), "home")); err != nil {
		return err
	}
	addrs := []string{set.LMTP}
	for _, l := range set.Listeners {
		addrs = append(addrs, l.IMAP, l.IMAPS)
	}
	var err error
	m.Dovecot, err = w.start(program{
		name: "dovecot-" + strings.TrimPrefix(filepath.Base(m.dir), "mail-"),
		args: []string{"dovecot", "-F", "-c", config},
		dir:  m.dir, ours: true, whole: true, ready: answers(addrs...),
	})
	if err != nil {
		return err
	}
	// It takes seconds to stop where its processes are only starting, and there is nothing to save.
	w.OnClose(func() error { m.Dovecot.Kill(); return nil })
	return nil
}

// AddUserWith is AddUser for a user who is special.
func (m *Mail) AddUserWith(name string, o MailOptions) (MailAccount, error) {
	a := MailAccount{Address: name + "@" + MailHost, Password: rand.Text()}
	line := a.Address + ":{PLAIN}" + a.Password + "::::::"
	if o.Quota > 0 {
		line += fmt.Sprintf("userdb_quota_rule=*:bytes=%d", o.Quota)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.users[name]; ok {
		return old, fmt.Errorf("add the mail user %s: there is one", name)
	}
	if o.AutoReply != "" {
		if err := m.answer(name, o.AutoReply); err != nil {
			return a, err
		}
	}
	// A file for each: one that many share is not looked at again within a second.
	// Dovecot's own user reads it.
	m.users[name] = a
	return a, os.WriteFile(filepath.Join(m.dir, "users", name), []byte(line+"\n"), 0o644)
}

// ChangePassword gives a user who is not special another password. Who is logged
// in by the one before stays so.
func (m *Mail) ChangePassword(name string) (MailAccount, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.users[name]
	if !ok {
		return a, fmt.Errorf("change the password of %s: there is no such mail user", name)
	}
	a.Password += rand.Text() // Dovecot sees by the length that the file changed
	m.users[name] = a
	return a, os.WriteFile(filepath.Join(m.dir, "users", name), []byte(a.Address+":{PLAIN}"+a.Password+"::::::\n"), 0o644)
}

// answer has all mail to a user answered with a text, RFC 5230 and 6131.
func (m *Mail) answer(name, text string) error {
	home := filepath.Join(m.dir, "home", name)
	if err := os.Mkdir(home, 0o755); err != nil {
		return err
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)
	script := filepath.Join(home, "reply.sieve")
	content := fmt.Sprintf("require [\"vacation\", \"vacation-seconds\"];\nvacation :seconds 0 \"%s\";\n", quoted)
	if err := os.WriteFile(script, []byte(content), 0o644); err != nil {
		return err
	}
	// Mailboxes belong to the servers' user.
	owner, err := os.Stat(filepath.Dir(home))
	if err != nil {
		return err
	}
	return chownLike(owner, home, script)
}
