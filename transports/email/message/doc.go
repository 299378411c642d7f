// Package message reads one mail: RFC 5322 and MIME as the world writes them.
//
// Read goes once through the bytes and holds of them what a person reads; the
// files of a mail are counted and hashed on the way, and opened again by their
// path (OpenPart). Whatever the mail is like it is read: what is broken costs as
// little as it can, and what cannot be understood at all is text.
//
//	bytes → walker (walk.go: lines, headers, boundaries) → decoder (transfer.go)
//	      → keeper (read.go: text, reports, sums of files) → Mail
//
// What a Mail means is in one file for each question: list.go, automatic.go,
// report.go and bounce.go (what became of a mail of ours), receipt.go,
// reaction.go, protection.go, chat.go, verdict.go (who vouches for the sender),
// thread.go and subject.go. Nothing here reaches a network or a store.
package message
