package sms

import (
	"context"
	"strconv"
	"strings"
	"time"

	"wherry/transports"
	"wherry/transports/sms/phone"
	"wherry/transports/sms/provider"
	"wherry/transports/sms/segment"
)

// Send makes one request of the provider. All that can be refused is refused
// before.
func (s *Session) Send(ctx context.Context, m transports.Message) (transports.Sent, error) {
	if m.Corrects {
		switch s.corrects {
		case correctionsIgnore:
			return transports.Sent{}, nil
		case correctionsRefuse:
			return transports.Sent{}, &transports.Error{Kind: transports.NotAllowed,
				Text: transports.T("The message was sent already, and you chose that corrections are refused.")}
		}
	}
	if !s.online.Load() {
		return transports.Sent{}, &transports.Error{Kind: transports.Unreachable, Text: textOffline}
	}
	peer, line, err := s.route(m.Chat)
	if err != nil {
		return transports.Sent{}, err
	}
	if peer.Kind == phone.Group {
		return s.sendGroup(ctx, m, peer, line)
	}
	out, n, err := s.compose(ctx, m, peer, line)
	if err != nil {
		return transports.Sent{}, err
	}
	if err := s.slot(ctx); err != nil {
		return transports.Sent{}, err
	}
	defer func() { <-s.slots }()
	if err := s.spend(n); err != nil {
		return transports.Sent{}, err
	}
	s.memory.try(m.ID, n, time.Now())
	ids, err := s.t.provider.Send(ctx, s.creds, out)
	if err != nil {
		s.memory.refuse(ids)
		s.failed(m.ID, n, err)
		return transports.Sent{}, err
	}
	s.memory.settle(m.ID)
	return s.sent(ids), nil
}

// failed notes that a message of so many segments was not sent, where that is
// certain.
func (s *Session) failed(id string, n int, err error) {
	if !transports.AsError(err).Unsure {
		s.memory.settle(id)
		s.refund(n)
	}
}

// sent returns what is to be kept of a message that was sent.
func (s *Session) sent(ids []string) transports.Sent {
	s.memory.sentIDs(ids)
	sent := transports.Sent{IDs: ids, Saves: []transports.Save{s.spent()}}
	if s.elsewhere {
		sent.Saves = append(sent.Saves, transports.Save{Name: saveOwn, Value: []byte(strings.Join(s.memory.ownIDs(), "\n"))})
	}
	return sent
}

var textLinks = transports.T("With the links of its files this message is too long. Send them by themselves.")

var textOffline = transports.T("There is no connection to the network.")

// slot waits for a place among the messages on their way, and takes it.
func (s *Session) slot(ctx context.Context) error {
	select {
	case s.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &transports.Error{Kind: transports.Unreachable, Text: textOffline, Err: ctx.Err()}
	}
}

// sayable refuses what cannot be said to a peer.
func (s *Session) sayable(m transports.Message, peer phone.Peer, text string) error {
	for _, check := range []error{s.writable(peer), checkFiles(m.Attachments), s.short(text), something(m, text)} {
		if check != nil {
			return check
		}
	}
	if s.memory.repeats(m, s.t.cfg.Repeats, time.Now()) {
		s.tell(transports.T("%s was sent the same text %s times within ten minutes. It was not sent again.", peer.Title(), strconv.Itoa(s.t.cfg.Repeats)))
		return &transports.Error{Kind: transports.NotAllowed, Text: transports.T("The same text was sent to this number too often. Wait ten minutes, or write something else.")}
	}
	return nil
}

// compose returns the request that sends a message, and how many segments it
// has.
func (s *Session) compose(ctx context.Context, m transports.Message, peer phone.Peer, line string) (provider.Outgoing, int, error) {
	refuse := func(err error) (provider.Outgoing, int, error) { return provider.Outgoing{}, 0, err }
	text := said(m)
	if err := s.sayable(m, peer, text); err != nil {
		return refuse(err)
	}
	media, links := s.sort(ctx, line, m.Attachments)
	text = linked(text, links)
	if segment.Units(text) > s.t.about.MaxText {
		return refuse(&transports.Error{Kind: transports.TooLong, Text: textLinks})
	}
	out := provider.Outgoing{Line: line, To: peer.Wire(), Text: text, Media: media, Within: s.t.About().MaxAge}
	if s.calls() {
		out.Status = s.hook + statusPath + overrides
	}
	n, _ := segment.Count(text)
	return out, max(1, n), nil
}

// said returns the text of a message as it goes out. SMS has no field for a
// subject.
func said(m transports.Message) string {
	text := m.Text
	if m.Style == transports.Act {
		text = "/me " + text
	}
	if m.Subject != "" {
		text = m.Subject + "\n" + text
	}
	return text
}

// linked returns a text with links behind it, each on a line of its own.
func linked(text string, links []string) string {
	for _, link := range links {
		if text != "" {
			text += "\n"
		}
		text += link
	}
	return text
}

// writable refuses peers that nobody can write to, or that may not be.
func (s *Session) writable(p phone.Peer) error {
	for _, number := range append(p.Members(), p.Number()) {
		for _, prefix := range s.t.cfg.Refused {
			if strings.HasPrefix(number, prefix) {
				return &transports.Error{Kind: transports.NotAllowed,
					Text: transports.T("This gateway does not text numbers that begin with %s: they may be expensive. Ask who runs it.", prefix)}
			}
		}
	}
	switch {
	case p.Kind == phone.Group && s.t.grouper != nil:
		return nil
	case p.Kind == phone.Group:
		return &transports.Error{Kind: transports.Unsupported, Text: textGroup}
	case p.Wire() == "":
		return &transports.Error{Kind: transports.Impossible, Text: transports.T("%s can't be replied to: there is no number behind that name.", p.Title())}
	case p.Kind == phone.Short && !s.t.about.ShortCodes:
		return &transports.Error{Kind: transports.Impossible, Text: transports.T("%s can't text short codes such as %s.", s.t.about.Name, p.Name)}
	}
	return nil
}

// short refuses a text that has more segments than the user allows. Split
// leaves such a text as it is.
func (s *Session) short(text string) error {
	_, n := s.cut(text, s.t.about.MaxText)
	switch {
	case s.segments > 0 && n > s.segments:
		return &transports.Error{Kind: transports.TooLong, Text: transports.T(
			"This text is as long as %s SMS, and you allow %s. Shorten it, or register again with another limit.", strconv.Itoa(n), strconv.Itoa(s.segments))}
	case segment.Units(text) > s.t.about.MaxText:
		return &transports.Error{Kind: transports.TooLong, Text: transports.T("This text is too long.")}
	}
	return nil
}

// something refuses a message that says nothing.
func something(m transports.Message, text string) error {
	if strings.TrimSpace(text) == "" && len(m.Attachments) == 0 {
		return &transports.Error{Kind: transports.Incomplete, Text: transports.T("There is nothing in this message to send.")}
	}
	return nil
}
