// Package biboumi reads the database of biboumi 9.0 and later, a gateway from
// XMPP to IRC, and plans what of it a store of ours takes over.
package biboumi

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// The tables that are read.
const (
	globalTable  = "globaloptions_"
	serverTable  = "ircserveroptions_"
	commandTable = "after_connection_commands_" // from 9.0 on
	channelTable = "ircchanneloptions_"
	logTable     = "muclogline_"
	rosterTable  = "roster"
	ownerColumn  = "owner_"
	inOrder      = " ORDER BY id_" // as they were written
)

// Close closes the database.
func (d *DB) Close() error { return d.db.Close() }

// Owners returns all users that the database knows, in order, as it spells them.
func (d *DB) Owners(ctx context.Context) ([]string, error) {
	var all []string
	for _, table := range []string{globalTable, serverTable, channelTable, logTable} {
		if !d.tables[table] {
			continue
		}
		rows, err := d.query(ctx, `SELECT DISTINCT owner_ FROM `+table)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", table, err)
		}
		for _, r := range rows {
			all = append(all, r.text(ownerColumn))
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// Owner reads all that the database has of a user, but for the roster.
func (d *DB) Owner(ctx context.Context, name string) (Owner, error) {
	o := Owner{Name: name}
	global, err := d.of(ctx, globalTable, name)
	if err != nil {
		return o, err
	}
	for _, r := range global {
		o.Persistent = o.Persistent || r.flag("persistent_", false)
		o.Unrecorded = o.Unrecorded || !r.flag("recordhistory_", true)
	}
	servers, err := d.of(ctx, serverTable, name)
	if err != nil {
		return o, err
	}
	for _, r := range servers {
		s := readServer(r)
		if s.Commands, err = d.commands(ctx, r); err != nil {
			return o, err
		}
		o.Servers = append(o.Servers, s)
	}
	channels, err := d.of(ctx, channelTable, name)
	if err != nil {
		return o, err
	}
	for _, r := range channels {
		o.Channels = append(o.Channels, Channel{
			Server: r.text("server_"), Name: r.text("channel_"), Persistent: r.flag("persistent_", false),
		})
	}
	err = d.eachOf(ctx, logTable, name, func(r row) {
		o.Lines = append(o.Lines, Line{
			Server: r.text("ircservername_"), Channel: r.text("ircchanname_"),
			Date: r.number("date_", 0), Nick: r.text("nick_"), Body: r.text("body_"),
		})
	})
	return o, err
}

func readServer(r row) Server {
	return Server{
		Host: r.text("server_"), Nick: r.text("nick_"), Username: r.text("username_"), Realname: r.text("realname_"),
		Pass: r.text("pass_"), SASLPassword: r.text("saslpassword_"), Address: r.text("address_"),
		TLSPorts: r.or("tlsports_", defaultTLSPorts), Ports: r.or("ports_", defaultPorts),
		VerifyCert: r.flag("verifycert_", true), Fingerprint: r.text("trustedfingerprint_"),
		EncodingIn: r.text("encodingin_"), EncodingOut: r.text("encodingout_"),
		Throttle: r.number("throttlelimit_", defaultThrottle),
	}
}

// commands reads what is sent after connecting: a column of the server's once,
// a table later.
func (d *DB) commands(ctx context.Context, server row) ([]string, error) {
	all := strings.Split(server.text("afterconnectioncommand_"), "\n")
	if d.tables[commandTable] {
		rows, err := d.query(ctx, `SELECT * FROM `+commandTable+` WHERE fk_ = $1`+inOrder, server["id_"])
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", commandTable, err)
		}
		for _, r := range rows {
			all = append(all, r.text("afterconnectioncommand_"))
		}
	}
	return slices.DeleteFunc(all, func(c string) bool { return strings.TrimSpace(c) == "" }), nil
}

// Roster reads who has whom as contact.
func (d *DB) Roster(ctx context.Context) ([]Contact, error) {
	if !d.tables[rosterTable] {
		return nil, nil
	}
	rows, err := d.query(ctx, `SELECT * FROM `+rosterTable+` ORDER BY remote, local`)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", rosterTable, err)
	}
	var all []Contact
	for _, r := range rows {
		all = append(all, Contact{Local: r.text("local"), Remote: r.text("remote")})
	}
	return all, nil
}

// of reads a user's rows of a table, which may be missing.
func (d *DB) of(ctx context.Context, table, owner string) (all []row, err error) {
	err = d.eachOf(ctx, table, owner, func(r row) { all = append(all, r) })
	return all, err
}

// eachOf calls do with each row of a user's in a table, which may be missing.
func (d *DB) eachOf(ctx context.Context, table, owner string, do func(row)) error {
	if !d.tables[table] {
		return nil
	}
	if err := d.each(ctx, do, `SELECT * FROM `+table+` WHERE owner_ = $1`+inOrder, owner); err != nil {
		return fmt.Errorf("read %s: %w", table, err)
	}
	return nil
}
