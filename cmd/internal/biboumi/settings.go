package biboumi

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"wherry/transports"
)

// convert returns a server's settings by the names of our fields, where they
// are not what biboumi takes by itself, and what has no counterpart.
func convert(s Server) (settings, secrets map[string]string, left []string) {
	settings, secrets = map[string]string{}, map[string]string{}
	set := func(name, value string) {
		if value = strings.TrimSpace(value); value != "" {
			settings[name] = value
		}
	}
	set("nick", s.Nick)
	set("username", s.Username)
	set("realname", s.Realname)
	set("address", s.Address)
	set("fingerprint", s.Fingerprint)
	set("encoding_in", strings.ToLower(s.EncodingIn))
	set("after_connect_commands", strings.Join(s.Commands, "\n"))
	if s.Throttle != defaultThrottle && s.Throttle != 0 {
		set("throttle_limit", strconv.FormatInt(s.Throttle, 10))
	}
	secured, plain := ports(s.TLSPorts), ports(s.Ports)
	switch {
	case secured == "":
		set("ports", plain)
	case secured != ports(defaultTLSPorts):
		set("tls_ports", secured)
	}
	if secured != "" && plain != "" && plain != ports(defaultPorts) {
		left = append(left, "the ports without TLS, because there are ports with TLS")
	}
	if !s.VerifyCert && s.Fingerprint == "" {
		left = append(left, "verify_cert is off: certificates are always verified here; users can set the fingerprint of one")
	}
	if e := strings.ToLower(s.EncodingOut); e != "" && e != "utf-8" && e != "utf8" {
		set("encoding_out", e)
	}
	for name, value := range map[string]string{"pass": s.Pass, "sasl_password": s.SASLPassword} {
		if value != "" {
			secrets[name] = value
		}
	}
	return settings, secrets, left
}

// ports puts a list of ports into our form.
func ports(list string) string {
	return strings.Join(strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(",; \t\n", r) }), ", ")
}

// usable takes away the settings that the network refuses, and tells whether
// the rest can be used.
func (p *planner) usable(host string, scope transports.Scope, settings, secrets map[string]string) bool {
	p.commands(host, scope, settings)
	for range len(settings) + len(secrets) + 1 {
		all := transports.Settings{}
		maps.Copy(all, settings)
		maps.Copy(all, secrets)
		err := p.net.CheckSettings(transports.Account{Scope: scope, Settings: all})
		if err == nil {
			return true
		}
		var field *transports.FieldError
		if !errors.As(err, &field) || all[field.Field] == "" {
			p.leave("%.100s: the settings: %v", host, err)
			return false
		}
		p.leave("%.100s: %v", host, err)
		delete(settings, field.Field)
		delete(secrets, field.Field)
	}
	return false
}

// commands keeps those lines to be sent that each could be sent alone.
func (p *planner) commands(host string, scope transports.Scope, settings map[string]string) {
	const name = "after_connect_commands"
	if settings[name] == "" {
		return
	}
	good := slices.DeleteFunc(strings.Split(settings[name], "\n"), func(line string) bool {
		err := p.net.CheckSettings(transports.Account{Scope: scope, Settings: transports.Settings{name: line}})
		if err != nil {
			p.leave("%.100s: a line to be sent after connecting: %v", host, err)
		}
		return err != nil
	})
	if settings[name] = strings.Join(good, "\n"); len(good) == 0 {
		delete(settings, name)
	}
}
