package message

import "strings"

// Chat is what a chat program that speaks by mail (Delta Chat) says in its
// header. It is only read.
type Chat struct {
	Version   string    // of its protocol: "1.0"
	GroupID   string    // the group that the mail belongs to, also by its Message-ID
	GroupName string    // what that is called
	Edits     string    // id of the mail that this one replaces
	Deletes   []string  // ids of the mails that it takes back
	Receipt   []Address // who wants to know that it was read
}

// Chat returns what a chat program says, or nil.
func (m *Mail) Chat() *Chat {
	c := &Chat{
		Version:   cutString(fieldText(m.Header.Get("Chat-Version")), 20),
		GroupID:   chatGroup(fieldText(m.Header.Get("Chat-Group-Id"))),
		GroupName: cutString(fieldText(m.Header.Get("Chat-Group-Name")), 200),
		Edits:     firstID(&m.Header, "Chat-Edit"),
		Deletes:   cutIDs(ids(&m.Header, "Chat-Delete")),
		Receipt:   addresses(&m.Header, "Chat-Disposition-Notification-To"),
	}
	if c.GroupID == "" {
		if rest, ok := strings.CutPrefix(m.ID, "Gr."); ok { // "Gr.ID.unique@host"
			if id, _, ok := strings.Cut(rest, "."); ok {
				c.GroupID = chatGroup(id)
			}
		}
	}
	if c.Version == "" && c.GroupID == "" {
		return nil
	}
	return c
}

// chatGroup returns an id of a group, or nothing where it has not its form.
func chatGroup(id string) string {
	if len(id) < 11 || len(id) > 32 {
		return ""
	}
	for _, r := range id {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return ""
		}
	}
	return id
}
