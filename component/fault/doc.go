// Package fault lets tests break the gateway from inside. In a build with the
// tag "harness" the environment decides:
//
//	WHERRY_CRASH=POINT[:N]  the process kills itself when it passes POINT for
//	                        the Nth time (default the first)
//	WHERRY_BROKEN=FAULT     a fault that the tests must catch is put in
//
// In every other build both functions do nothing, and cost nothing.
package fault

// The points at which a process can be made to die.
const (
	AfterRead   = "after-read"   // a message was read from the stream, and nothing done about it
	AfterOutbox = "after-outbox" // a message is in the outbox
	DuringSend  = "during-send"  // it is about to go upstream
	AfterAnswer = "after-answer" // upstream has answered, which is not stored yet
	AfterSent   = "after-sent"   // that it was sent is stored, and nobody told
	BeforeInbox = "before-inbox" // something came from upstream
	AfterInbox  = "after-inbox"  // it is in the inbox, and not acknowledged upstream
	AfterWrite  = "after-write"  // it is written to the stream, and not settled
)

// The faults that can be put in.
const (
	LateCommit  = "late-commit"  // messages are stored after they were sent
	NoResend    = "no-resend"    // what was written counts as settled
	PongSettles = "pong-settles" // the server's answer alone settles
)
