package irc

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"wherry/transports"
)

// Configure changes a channel's modes to what is wanted, where they differ.
func (s *Session) Configure(ctx context.Context, wanted transports.RoomConfig, password string) error {
	if strings.ContainsAny(password, " ,\r\n\x00") || strings.HasPrefix(password, ":") || len(password) > maxKey {
		return &transports.Error{Kind: transports.Malformed, Text: transports.T("The password of %s cannot be that.", wanted.Room.Name)}
	}
	return s.inChannel(ctx, wanted.Room, "MODE", func(c *conn, ch *channel, r *request) ([]byte, error) {
		modes, args := ch.config.diff(wanted, password, ch.word)
		if modes == "" {
			return nil, nil
		}
		r.silent = errNotDone
		r.settled = func() bool {
			left, _ := ch.config.diff(wanted, "", "")
			return left == ""
		}
		lines, err := appendLine(nil, "MODE", append([]string{ch.name, modes}, args...)...)
		if err != nil {
			return nil, err
		}
		if left, _ := ch.config.diff(wanted, "", ""); left == "" {
			r.settled = nil // only the password changes, which the network tells to all or to nobody
			r.silent = nil
		}
		return c.fenced(r, lines)
	})
}

// diff returns the changes of modes that make a channel what is wanted: "+m-i",
// and their parameters. old is the password that it has, if that is known.
func (cfg *config) diff(wanted transports.RoomConfig, password, old string) (modes string, args []string) {
	var add, remove string
	var added, removed []string
	change := func(is, want bool, mode string, arg ...string) {
		switch {
		case want && !is:
			add, added = add+mode, append(added, arg...)
		case !want && is:
			remove += mode
		}
	}
	change(cfg.moderated, wanted.Moderated, "m")
	change(cfg.invite, wanted.MembersOnly, "i")
	change(cfg.topicLock, !wanted.OpenSubject, "t")
	hidden := cfg.secret || cfg.private
	change(hidden, wanted.Hidden, "s")
	if hidden && !wanted.Hidden {
		remove = strings.ReplaceAll(remove, "s", hiding(cfg))
	}
	switch {
	case password != "" && wanted.Password:
		add, added = add+"k", append(added, password)
	case cfg.key && !wanted.Password:
		remove, removed = remove+"k", append(removed, cmp.Or(old, "*")) // where it is not known, many servers take any
	}
	switch {
	case wanted.Limit > 0 && int(cfg.limit) != wanted.Limit:
		add, added = add+"l", append(added, strconv.Itoa(wanted.Limit))
	case wanted.Limit == 0 && cfg.limit > 0:
		remove += "l"
	}
	if add != "" {
		modes = "+" + add
	}
	if remove != "" {
		modes += "-" + remove
	}
	return modes, append(added, removed...)
}

// hiding returns the modes that hide a channel.
func hiding(cfg *config) (modes string) {
	if cfg.secret {
		modes += "s"
	}
	if cfg.private {
		modes += "p"
	}
	return modes
}
