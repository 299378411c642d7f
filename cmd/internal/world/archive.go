package world

import "fmt"

const (
	nsArchive = "urn:xmpp:mam:2"
	nsPages   = "http://jabber.org/protocol/rsm"
	nsForward = "urn:xmpp:forward:0"
)

// Archive returns the messages that the server keeps for the client's user,
// oldest first (XEP-0313).
func (c *Client) Archive() ([]*Element, error) {
	var all []*Element
	for last := ""; ; {
		query := NewID()
		page := XML(`<query xmlns="urn:xmpp:mam:2" queryid="%s"><set xmlns="http://jabber.org/protocol/rsm"><max>250</max>`, query)
		if last != "" {
			page += XML(`<after>%s</after>`, last)
		}
		answer, err := c.Ask("set", c.Bare, page+`</set></query>`)
		if err != nil {
			return nil, err
		}
		if answer.Type() == "error" {
			return nil, fmt.Errorf("the archive of %s: %v", c.Bare, answer)
		}
		all = append(all, c.page(query)...)
		fin := answer.Child("fin", nsArchive)
		next := fin.Child("set", nsPages).Child("last").Text
		if fin.Attr("complete") == "true" || next == "" || next == last {
			return all, nil
		}
		last = next
	}
}

// page returns the messages that came in answer to a query.
func (c *Client) page(query string) []*Element {
	var found []*Element
	for _, e := range c.Received() {
		if result := e.Child("result", nsArchive); result.Attr("queryid") == query {
			found = append(found, result.Child("forwarded", nsForward).Child("message"))
		}
	}
	return found
}
