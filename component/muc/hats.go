package muc

import (
	"net/url"

	"wherry/component/stanza"
	"wherry/transports"
)

// hats is the payload of XEP-0317 §3.1: that an occupant has an account on the
// network, and which, and that they are a program. Who wears none has no payload.
// A hat's URI is the gateway's own, and the same in all of its rooms.
func (r *Room) hats(o *occupant) stanza.Element {
	e := stanza.Element{Space: NSHats, Name: "hats", Children: make([]stanza.Element, 0, 2)}
	if o.Account {
		e.Children = append(e.Children, r.hat("account/"+url.PathEscape(o.Key), transports.T("account %s", o.Key)))
	}
	if o.Bot {
		e.Children = append(e.Children, r.hat("bot", transports.T("bot")))
	}
	return e
}

func (r *Room) hat(name string, title transports.Text) stanza.Element {
	shown := title.String()
	if r.conf.Text != nil {
		shown = r.conf.Text(title)
	}
	return stanza.Element{Space: NSHats, Name: "hat", Attrs: []stanza.Attr{
		{Name: "title", Value: shown},
		{Name: "uri", Value: "xmpp:" + url.PathEscape(r.conf.JID.Domain) + "#" + name},
	}}
}
