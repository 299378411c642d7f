package sms

import (
	"fmt"

	"wherry/transports"
	"wherry/transports/sms/segment"
)

// Split cuts a message where one request does not take it. The files go with
// the first part, as far as their links would fit there too; the others follow.
// A text that is longer than the user allows stays whole, for Send to refuse.
func (s *Session) Split(m transports.Message) []transports.Message {
	most := s.t.about.MaxText
	groups := s.groups(m.Attachments)
	room := most
	if len(groups) > 0 {
		room -= linkUnits(groups[0])
	}
	text := said(m)
	if len(groups) < 2 && segment.Units(text) <= room {
		return []transports.Message{m}
	}
	if room < most/2 {
		room = most
		groups = append([][]transports.Attachment{nil}, groups...)
	}
	texts, n := s.cut(text, room)
	if s.segments > 0 && n > s.segments {
		return []transports.Message{m}
	}
	m.Text, m.Subject, m.Style = text, "", transports.Say
	var parts []transports.Message
	add := func(text string, files []transports.Attachment) {
		part := m
		part.Text, part.Attachments = text, files
		if m.ID != "" {
			part.ID = fmt.Sprintf("%s.%d", m.ID, len(parts)+1)
		}
		parts = append(parts, part)
	}
	for i, text := range texts {
		var files []transports.Attachment
		if i == 0 && len(groups) > 0 {
			files, groups = groups[0], groups[1:]
		}
		if text != "" || len(files) > 0 {
			add(text, files)
		}
	}
	for _, files := range groups {
		add("", files)
	}
	return parts
}

// cut returns the texts of the requests that a text needs, and how many
// segments they have in all.
func (s *Session) cut(text string, room int) (texts []string, segments int) {
	texts = segment.Split(text, room, s.numbered)
	for _, t := range texts {
		n, _ := segment.Count(t)
		segments += n
	}
	return texts, segments
}

// groups returns the files in groups that go with one request: no more than it
// takes, and such that the links of all leave place for text.
func (s *Session) groups(files []transports.Attachment) (groups [][]transports.Attachment) {
	for len(files) > 0 {
		n := 1
		for n < len(files) && n < s.t.about.MaxMedia && linkUnits(files[:n+1]) <= s.t.about.MaxText/2 {
			n++
		}
		groups, files = append(groups, files[:n:n]), files[n:]
	}
	return groups
}

// linkUnits returns how long the links of files are in a text, in UTF-16 units.
func linkUnits(files []transports.Attachment) (n int) {
	for _, f := range files {
		n += segment.Units(f.Ref) + 1
	}
	return n
}
