package imap

import (
	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Selecting is a command that selects a folder.
type Selecting struct {
	*imapclient.SelectCommand
	c    *Client
	name string
}

// Select selects a folder: RFC 9051 §6.3.2.
func (c *Client) Select(name string, o *imap.SelectOptions) *Selecting {
	c.folder = ""
	return &Selecting{c.Client.Select(name, o), c, name}
}

// Wait returns what the folder is like.
func (s *Selecting) Wait() (*imap.SelectData, error) {
	data, err := s.SelectCommand.Wait()
	if err == nil {
		s.c.folder = s.name
	}
	return data, err
}

// Folder returns the folder that is selected, or nothing. The library's Mailbox is
// not to be relied on: it tells of one some moments after it was selected.
func (c *Client) Folder() string { return c.folder }
