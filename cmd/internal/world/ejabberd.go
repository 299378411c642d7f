package world

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	_ "github.com/mattn/go-sqlite3" // ejabberd's database
)

var ejabberdConfig = template.Must(template.New("ejabberd").Funcs(template.FuncMap{"yaml": yamlString}).Parse(`
loglevel: info
log_rotate_count: 0
hosts: [{{yaml .Domain}}]
auth_method: {{if .Database}}sql{{else}}internal{{end}}
auth_password_format: plain
{{- with .Database}}
default_db: sql
sql_type: sqlite
sql_database: {{yaml .}}
{{- end}}
s2s_access: none
disable_sasl_mechanisms: [digest-md5]
listen:
  - port: {{.Client}}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    max_stanza_size: 262144
  - port: {{.API}}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers:
      /api: mod_http_api
{{- if .UploadURL}}
  - port: {{.UploadPort}}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers:
      /: mod_http_upload
{{- end}}
{{- if .Components}}
  - port: {{.Component}}
    ip: "127.0.0.1"
    module: ejabberd_service
    access: all
    global_routes: false
    hosts:
{{- range $domain, $secret := .Components}}
      {{yaml $domain}}:
        password: {{yaml $secret}}
{{- end}}
{{- end}}
api_permissions:
  world:
    from: [mod_http_api]
    who: all
    what: [register, unregister, change_password, status, kick_user]
{{- if .Privileged}}
acl:
  components:
    server:
{{- range $domain, $secret := .Components}}
      - {{yaml $domain}}
{{- end}}
{{- end}}
access_rules:
  remove_account:
    - allow: all
modules:
  mod_admin_extra: {}
  mod_blocking: {}
  mod_caps: {}
  mod_carboncopy: {}
  mod_disco: {}
{{- if .UploadURL}}
  mod_http_upload:
    host: "upload.@HOST@"
    put_url: {{yaml .UploadURL}}
    docroot: {{yaml .UploadDir}}
    access: all
{{- end}}
  mod_last: {}
{{- if .Archive}}
  mod_mam:
    default: always
{{- end}}
  mod_offline: {}
  mod_ping: {}
  mod_privacy: {}
{{- if .Privileged}}
  mod_privilege:
    message:
      outgoing:
        - allow: components
{{- end}}
  mod_register:
    access: none
    access_remove: remove_account
  mod_roster: {}
  mod_vcard: {}
`))

// yamlString quotes s for YAML.
func yamlString(s string) (string, error) {
	quoted, err := json.Marshal(s)
	return string(quoted), err
}

// Ejabberd starts an ejabberd. It is no node of an Erlang network: no epmd, no
// port but its own.
func (w *World) Ejabberd(c XMPPConfig) (*XMPP, error) {
	c.defaults()
	dir, err := w.Folder("ejabberd-" + c.Domain)
	if err != nil {
		return nil, err
	}
	free, err := ports("127.0.0.1", 4)
	if err != nil {
		return nil, err
	}
	database := ""
	if c.SQL {
		database = filepath.Join(dir, "ejabberd.db")
		if err := w.ejabberdDatabase(database); err != nil {
			return nil, err
		}
	}
	var text strings.Builder
	if err := ejabberdConfig.Execute(&text, map[string]any{
		"Domain": c.Domain, "Components": c.Components, "Archive": c.Archive, "Privileged": c.Privileged, "Database": database,
		"Client": free[0], "Component": free[1], "API": free[2],
		"UploadPort": free[3], "UploadURL": c.uploadURL(free[3]), "UploadDir": filepath.Join(dir, "upload"),
	}); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "ejabberd.yml")
	if err := w.write(config, []byte(text.String())); err != nil {
		return nil, err
	}
	libs, err := erlangLibs()
	if err != nil {
		return nil, err
	}
	api := "http://" + address("127.0.0.1", free[2]) + "/api/"
	x := &XMPP{
		Kind: "ejabberd", Domain: c.Domain,
		Addr: address("127.0.0.1", free[0]), ComponentAddr: address("127.0.0.1", free[1]), UploadURL: c.uploadURL(free[3]),
	}
	x.addUser = func(name, password string) error { return ejabberdUser(api, c.Domain, name, password) }
	x.Server, err = w.start(program{
		name: filepath.Base(dir),
		args: []string{"erl", "-noinput", "-mnesia", "dir", fmt.Sprintf("%q", filepath.Join(dir, "spool")), "-s", "ejabberd"},
		env: []string{
			"HOME=" + dir,
			"ERL_LIBS=" + libs,
			"ERL_CRASH_DUMP_SECONDS=0",
			"EJABBERD_CONFIG_PATH=" + config,
			"EJABBERD_LOG_PATH=" + filepath.Join(dir, "ejabberd.log"),
		},
		dir: dir,
		ready: func(ctx context.Context) error {
			if err := speaksXMPP(x.Addr, c.Domain)(ctx); err != nil {
				return err
			}
			if len(c.Components) > 0 {
				return answers(x.ComponentAddr)(ctx)
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	return x, x.addUsers(c.Users)
}

// erlangLibs finds the folder with ejabberd's own libraries.
func erlangLibs() (string, error) {
	own, err := ejabberdFile("")
	return filepath.Dir(own), err
}

// ejabberdFile finds what ejabberd was installed with.
func ejabberdFile(name string) (string, error) {
	for _, pattern := range []string{"/usr/lib/*/ejabberd-*", "/usr/lib/ejabberd-*"} {
		if found, err := filepath.Glob(filepath.Join(pattern, name)); err == nil && len(found) > 0 {
			return found[0], nil
		}
	}
	return "", fmt.Errorf("ejabberd is not installed: %s is missing", name)
}

// ejabberdDatabase makes a database with ejabberd's tables.
func (w *World) ejabberdDatabase(path string) error {
	schema, err := ejabberdFile("priv/sql/lite.sql")
	if err != nil {
		return err
	}
	tables, err := os.ReadFile(schema)
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		return err
	}
	// ejabberd waits for the disk at every message; this shortens it.
	_, err = db.Exec(string(tables) + "\nPRAGMA journal_mode = WAL;")
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("make ejabberd's tables: %w", err)
	}
	return w.own(path)
}

func ejabberdUser(api, domain, name, password string) error {
	user := map[string]string{"user": name, "host": domain, "password": password}
	status, answer, err := ejabberdCall(api+"register", user)
	if err == nil && status == http.StatusConflict {
		user["newpass"] = password
		delete(user, "password")
		status, answer, err = ejabberdCall(api+"change_password", user)
	}
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d: %s", status, answer)
	}
	return err
}

func ejabberdCall(url string, arguments map[string]string) (status int, answer []byte, err error) {
	body, err := json.Marshal(arguments)
	if err != nil {
		return 0, nil, err
	}
	client := http.Client{Timeout: startTime, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, 1<<16))
	return response.StatusCode, answer, err
}
