// Package registration lets users sign up, change and remove their accounts,
// and find out how to address people on a network.
//
// There are three ways in: the form of XEP-0077, ad-hoc commands (XEP-0050),
// and plain chat with the gateway's JID. All three put the same questions, from
// the one transports.Form of the network, and go through the same applicant:
//
//	jabber:iq:register ─┐
//	command, chat ──────┴→ applicant.apply → form.Check → Transport.Verify → Domain.Register
//
// Nothing is stored before the network accepted it, and nothing that was in
// force is touched before that.
package registration
