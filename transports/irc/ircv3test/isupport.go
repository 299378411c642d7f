package ircv3test

import (
	"slices"
	"strconv"
	"strings"
)

// marks are the marks of the modes q, a, o, h and v, highest first.
const (
	ranks = "qaohv"
	marks = "~&@%+"
)

// tokens returns the tokens of 005.
func (c *client) tokens() []string {
	s, cfg := c.server, c.server.cfg
	list := []string{
		"AWAYLEN=390", "BOT=B", "CASEMAPPING=" + cfg.CaseMapping, "CHANLIMIT=#&:100", "CHANMODES=beI,k,l,imnpst",
		"CHANNELLEN=" + strconv.Itoa(cfg.ChannelLen), "CHANTYPES=#&", "ELIST=MNU", "EXCEPTS=e", "INVEX=I", "KICKLEN=390",
		"MAXLIST=beI:60", "MODES=6", "MONITOR=" + strconv.Itoa(cfg.Monitor), "NAMELEN=" + strconv.Itoa(maxRealname), "NETWORK=" + cfg.Network,
		"NICKLEN=" + strconv.Itoa(cfg.NickLen), "PREFIX=(" + ranks + ")" + marks, "SAFELIST", "STATUSMSG=" + marks,
		"TARGMAX=NAMES:1,LIST:1,KICK:1,WHOIS:1,PRIVMSG:4,NOTICE:4,TAGMSG:4,MONITOR:", "TOPICLEN=" + strconv.Itoa(cfg.TopicLen), "USERLEN=20", "WHOX",
	}
	if s.offers("draft/chathistory") {
		list = append(list, "CHATHISTORY="+strconv.Itoa(cfg.HistoryPage), "MSGREFTYPES=msgid,timestamp")
	}
	if cfg.TagDeny != "" && s.offers("message-tags") {
		list = append(list, "CLIENTTAGDENY="+cfg.TagDeny)
	}
	if cfg.UTF8Only {
		list = append(list, "UTF8ONLY")
	}
	if cfg.AccountRequired {
		list = append(list, "draft/ACCOUNTREQUIRED")
	}
	if c.network != "" {
		list = append(list, "BOUNCER_NETID="+c.network)
	}
	for _, own := range cfg.Tokens {
		name, _, _ := strings.Cut(strings.TrimPrefix(own, "-"), "=")
		list = slices.DeleteFunc(list, func(t string) bool { return t == name || strings.HasPrefix(t, name+"=") })
		if own[0] != '-' {
			list = append(list, own)
		}
	}
	return list
}

// isupport sends 005, thirteen tokens a line.
func (c *client) isupport() {
	for tokens := range slices.Chunk(c.tokens(), 13) {
		c.reply("005", append(tokens, "are supported by this server")...)
	}
}
