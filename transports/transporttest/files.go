package transporttest

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"wherry/transports"
)

// File is an attachment that a Network has.
type File struct {
	Type    string
	Content []byte
}

// PutFile makes a file that sessions can fetch.
func (n *Network) PutFile(ref string, f File) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.files == nil {
		n.files = map[string]File{}
	}
	n.files[ref] = f
}

// Fetch opens a file of the network's.
func (s *Session) Fetch(ctx context.Context, ref string) (*transports.Content, error) {
	if err := s.net.call(ctx, Call{Op: OpFetch, Account: s.Account.Key, Text: ref}); err != nil {
		return nil, err
	}
	s.net.mu.Lock()
	f, ok := s.net.files[ref]
	s.net.mu.Unlock()
	if !ok {
		return nil, &transports.Error{Kind: transports.NotFound}
	}
	return &transports.Content{Body: io.NopCloser(bytes.NewReader(f.Content)), Type: f.Type, Size: int64(len(f.Content))}, nil
}

// Caller makes what a call of the network's brings.
type Caller func(transports.Account, transports.Request) (transports.Batch, transports.Reply)

// SetCaller makes f read the calls of the network.
func (n *Network) SetCaller(f Caller) {
	n.mu.Lock()
	n.caller = f
	n.mu.Unlock()
}

// Webhook asks the Caller; without one, nothing is there.
func (n *Network) Webhook(_ context.Context, in transports.Account, r transports.Request) (transports.Batch, transports.Reply) {
	n.mu.Lock()
	f := n.caller
	n.mu.Unlock()
	if f == nil {
		return transports.Batch{}, transports.Reply{Status: http.StatusNotFound}
	}
	return f(in, r)
}

// Forget notes that an account is gone.
func (n *Network) Forget(ctx context.Context, in transports.Account, saved transports.Saved) error {
	return n.call(ctx, Call{Op: OpForget, Account: in.Key, Text: string(saved["before"])})
}
