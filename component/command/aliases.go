package command

// aliases are more names of commands, by their nodes: those that biboumi gave
// the like of them, for scripts and habits that knew it, and what people try in
// a chat. A command of biboumi's that is not here has the same name.
var aliases = map[string][]string{
	"register":                {"configure", "change", "jabber:iq:register"},
	"network":                 {"server-configure"},
	"accounts":                {"status"},
	"get-irc-connection-info": {"connection"},
}
