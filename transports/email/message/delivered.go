package message

import "strings"

// deliveredMost bounds the addresses that DeliveredTo returns.
const deliveredMost = 10

// DeliveredTo returns the addresses under which the mail came to the mailbox that it was
// read from, in lower case, as far as its server notes them: in Delivered-To, X-Original-To
// or Envelope-To. Only what stands above all Received fields counts. The server that took
// the mail put its own there (RFC 5321 §4.4), so nothing of the sender's, of a forwarder's or a
// list's can be above it; what is below may be theirs, whatever it looks like. Mail that
// nobody received has none.
func (m *Mail) DeliveredTo() []string {
	var all []string
	for f := m.Header.Fields(); f.Next(); {
		switch strings.ToLower(f.Key()) {
		case "received":
			return all
		case "delivered-to", "x-original-to", "envelope-to":
			for _, a := range parseAddresses(f.Value()) {
				if len(all) < deliveredMost {
					all = append(all, strings.ToLower(a.Spec))
				}
			}
		}
	}
	return nil
}
