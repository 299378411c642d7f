package provider

import (
	"context"
	"slices"
	"time"

	"wherry/transports"
)

// Grouper is implemented by providers that carry texts among several people who
// see each other: group MMS. The methods are as Provider's. Where the account
// may not do that, the error is of kind Unsupported.
type Grouper interface {
	// Group finds the group of a line and the numbers of others, in E.164, or
	// makes it: the same for the same ones, in whatever order they are named. An
	// error is never Unsure: where none was made, nothing was sent.
	Group(ctx context.Context, c Credentials, line string, members []string) (Group, error)

	// Grouped returns a group by its ID.
	Grouped(ctx context.Context, c Credentials, id string) (Group, error)

	// Groups lists the IDs of the groups that a line is in, at most max of them.
	Groups(ctx context.Context, c Credentials, line string, max int) (ids []string, err error)

	// SendGroup makes one request, which sends a text to all members.
	SendGroup(ctx context.Context, c Credentials, g Group, text string) (id string, err error)

	// ListGroup lists what was said in a group since a time, oldest first, at most
	// max of it: the newest. missed tells that there was more. What the line said
	// itself is not Inbound.
	ListGroup(ctx context.Context, c Credentials, g Group, since time.Time, max int) (all []Item, missed bool, err error)

	// CallGroup reads one call of the provider's for a group, as Call does for a
	// line: group is its ID, and the Peer of an item is who said it, perhaps we.
	CallGroup(ctx context.Context, c Credentials, hook string, r transports.Request) (group string, all []Item, reply transports.Reply)

	// SetGroupHook has the provider call a URL for what is said in a group, and no
	// longer the one of before, where they differ. Either may be empty: none.
	SetGroupHook(ctx context.Context, c Credentials, id, before, url string) error
}

// Group is some people who text each other, one of them a line.
type Group struct {
	ID      string   `json:"id"`                // the provider's
	Line    string   `json:"line"`              // ours, E.164
	Self    string   `json:"self"`              // as whom the line speaks there
	Members []string `json:"members"`           // the others, E.164, sorted
	Service string   `json:"service,omitempty"` // of the provider's, that keeps its files
}

// Has tells whether somebody who said something is one of the others.
func (g Group) Has(author string) bool { return slices.Contains(g.Members, author) }
