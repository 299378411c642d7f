package transports

// Gesture is what a message does to earlier ones in its chat, where it does
// something to them and is none to be read by itself.
type Gesture struct {
	Do    Doing
	To    []string // in: how these messages are called, as Message.ReplyTo has it; out: it is in ReplyTo
	Signs []string // for React: mostly emoji
	Whole bool     // in, for React: these are all that its sender has set; else they are more of them
	Text  string   // in, for Edit: what that message says from now on

	// Out, for React.
	Before []string // the signs that the user had set to that message before
	Knows  bool     // Chat reacted to a message of this account's once
}

// Doing is what a Gesture does.
type Doing uint8

// What a Gesture does. Only a React is to a message of whomever; who edits or
// deletes does it to their own.
const (
	React  Doing = iota + 1 // it sets signs; none takes all back, where they are Whole
	Edit                    // it gives it another text
	Delete                  // it takes it back
)
