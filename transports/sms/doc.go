// Package sms is the transport to the phone network: a user texts through
// numbers of their own at a provider of telephony, such as Twilio.
//
// The rules it follows are those of SMS itself: what an address is (package
// phone), how a text is cut and counted (package segment), when a message has
// arrived, who may not be written to. What a company wants to hear is behind
// package provider, and in one package for each company.
//
// The ways of a message:
//
//	out   Split (split.go) → Send (send.go): checks, files (media.go), limits
//	      (usage.go, repeat.go) → provider.Send; where nobody knows what came
//	      of it, Find (find.go)
//	      to several people: sendGroup (groupsend.go), where the provider is a
//	      Grouper and the account may: never as texts to each
//	in    the provider calls: Webhook (webhook.go), or Run looks: poll
//	      (poll.go) → events (events.go) → emit
//	      of groups: groupCall (groupsend.go), lookGroups (grouppoll.go)
//
// Calls and looking bring the same: one mapping makes events of both, the ids
// are the provider's, and whoever stores the events stores each once. Looking
// goes on beside calls, at a slower pace, because a call that found nobody is
// not made again. How far a line was looked at is saved with what was found.
//
// Run has the provider call the account's hook (hook.go), after it saved where
// the provider called before; Forget puts that back.
package sms
