package component

import (
	"cmp"
	"context"
	"time"

	"golang.org/x/time/rate"

	"wherry/component/jid"
	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/transports"
)

// receiveMessage takes a message of the user's.
func (u *user) receiveMessage(m *stanza.Message, to target, err error) {
	if u.copied(m) {
		u.inboxReceipt(m.ID)
		return
	}
	if m.Type == stanza.TypeError {
		u.messageBounced(m)
		return
	}
	if m.From.IsBare() && u.readElsewhere(m) {
		return
	}
	u.inboxReceipt(confirms(m))
	says := saysSomething(m)
	if err != nil {
		if says {
			u.fail(m, err)
		}
		return
	}
	switch {
	case u.stranger:
		if says {
			u.fail(m, u.forbidden(m.Lang))
		}
	case to.addr.Kind == transports.Room && m.Type == "groupchat":
		u.groupchat(m, to)
	case m.Type == "groupchat" && to.addr.Kind == transports.Contact && !u.d.Transport().About().Rooms:
		u.fail(m, &transports.Error{Kind: transports.Unsupported, Text: transports.T("There are no rooms here: write to each person.")})
	case m.Type == "groupchat":
		u.fail(m, &stanza.Error{Type: stanza.Modify, Condition: stanza.BadRequest})
	case to.addr.Kind == transports.Room && to.nick == "":
		u.toRoom(m, to, says)
	case to.addr.Kind == transports.Contact && retracts(m) != "":
		u.retract(m, to.addr, retracts(m))
	case to.addr.Kind == transports.Contact && u.d.trails() && m.Child(nsReactions, "reactions") != nil:
		u.reactTo(m, to.addr)
	case !says || m.Type == "headline":
		// Markers and receipts say nothing to these networks.
		if to.addr.Kind == transports.Contact && !says {
			u.typeTo(m, to.addr)
			u.readTo(m, to.addr)
		}
	case encrypted(m):
		u.fail(m, u.noEncryption(m))
	case to.addr.Kind == transports.Gateway, to.addr.Kind == transports.Network && u.d.further():
		u.toGateway(m, to.addr)
	case to.addr.Kind == transports.Network:
		u.command(m, to.addr)
	case to.addr.Kind == transports.Room:
		u.toOccupant(m, to)
	default:
		delete(u.byRoom, to.addr)
		if !u.d.Transport().About().Attended {
			// What is sent there cannot be taken back: never to a guess.
			if err := u.canonical(m.To, to.addr, u.language(m.Lang)); err != nil {
				u.fail(m, err)
				return
			}
		}
		if all, ok := addressees(m); ok && len(all) > 0 && u.d.Transport().About().Parties {
			u.entrustBesides(m, to.addr, all)
			return
		}
		u.entrust(m, to.addr, u.language(m.Lang))
	}
}

// toGateway takes a message to the gateway, or to one of several accounts: for
// those whom it is addressed to, else as a word of a dialogue.
func (u *user) toGateway(m *stanza.Message, to transports.Address) {
	lang := u.language(m.Lang)
	if to.Kind == transports.Network && u.accounts.of(to.Scope) == nil {
		if e := u.mayUse(to.Scope, lang); e != nil {
			u.fail(m, e)
			return
		}
	}
	if all, ok := addressees(m); ok {
		u.multicast(m, to.Scope, all)
		return
	}
	if body, _ := m.Body(lang); u.d.c.chat != nil && body != "" {
		u.chat(m, to, body)
	}
}

// noEncryption is what is told about a message that only its sender's clients
// can read (XEP-0384): it must not go to the network as gibberish.
func (u *user) noEncryption(m *stanza.Message) *stanza.Error {
	return refuse(stanza.Cancel, stanza.NotAcceptable, u.language(m.Lang),
		transports.T("This message is encrypted, which the other network cannot read. Please turn encryption off for this chat."))
}

// toRoom takes a message to a room that is not for all: an invitation, or a
// mistake.
func (u *user) toRoom(m *stanza.Message, to target, says bool) {
	if x := m.Child(muc.NSUser, "x"); x != nil {
		if invite := x.Child(muc.NSUser, "invite"); invite != nil {
			u.invite(m, to, invite)
		}
		return // a decline has nowhere to go
	}
	if says {
		u.fail(m, refuse(stanza.Cancel, stanza.NotAcceptable, u.language(m.Lang),
			transports.T("%s is a room: join it to talk there.", to.addr.Name)))
	}
}

// groupchat takes a message to a whole room (XEP-0045 §7.4).
func (u *user) groupchat(m *stanza.Message, to target) {
	r := u.rooms.of(to.addr)
	switch {
	case to.nick != "":
		u.fail(m, &stanza.Error{Type: stanza.Modify, Condition: stanza.BadRequest})
	case !r.seats(m.From):
		u.fail(m, &transports.Error{Kind: transports.Absent})
	case !r.view.Live():
		u.fail(m, &transports.Error{Kind: transports.Unreachable})
	case encrypted(m):
		u.fail(m, u.noEncryption(m))
	case m.Child("", "subject") != nil && m.Child("", "body") == nil:
		u.setSubject(r, m)
	case m.Child(muc.NSReact, "reactions") != nil:
		u.react(r, m)
	case retracts(m) != "":
		u.retractLine(r, m, retracts(m))
	case u.modes(r, m), u.toSome(r, m):
	case saysSomething(m):
		u.say(r, m)
	default:
		u.gesture(r, m)
	}
}

// say sends a message to a room.
func (u *user) say(r *room, m *stanza.Message) {
	lang := u.language(m.Lang)
	text, style := said(m, lang)
	if text == "" {
		return
	}
	body, _ := m.Body(lang)
	if body == "" {
		body = text
	}
	u.sayAs(r, m, transports.Message{Style: style, Text: text}, body)
}

// sayAs sends what a message to a room says. It is reflected, as body, once the
// network took it.
func (u *user) sayAs(r *room, m *stanza.Message, msg transports.Message, body string) {
	a, text := u.accounts.of(r.addr.Scope), msg.Text
	msg.ID, msg.Chat, msg.Markup = randomID(), r.addr, true
	u.refer(a, r, m, &msg)
	if tooLong(text) || tooLong(body) {
		u.fail(m, &transports.Error{Kind: transports.TooLong})
		return
	}
	if !u.mayWrite() {
		u.fail(m, &transports.Error{Kind: transports.Busy})
		return
	}
	parts := a.session.split(msg)
	s := &saying{a: a, r: r, m: m, nick: r.view.Nick(), id: msg.ID, body: body, parts: marked(parts)}
	l := letter{parts: parts, done: s.done}
	if link := u.pasteOf(a, &msg, len(parts)); link != nil {
		l.paste = func(ctx context.Context) (instead []transports.Message, err error) {
			instead, err = link(ctx)
			s.parts = marked(instead)
			return instead, err
		}
	}
	u.mail(a, l)
}

// saying is a message to a room while it is on its way to the network.
type saying struct {
	a        *account
	r        *room
	m        *stanza.Message
	nick     string // under which it was written
	id, body string // of its reflection
	parts    []transports.Message
}

// done follows the end of the way.
func (s *saying) done(u *user, sent transports.Sent, err error) {
	if err != nil {
		u.saidInPart(s.r, s.parts[:min(len(sent.IDs), len(s.parts))], sent)
		u.fail(s.m, inPart(err, sent))
		return
	}
	if u.wasSent(s.a, s.r.addr, sent, s.m) {
		return
	}
	line := muc.Line{Nick: cmp.Or(s.r.view.Nick(), s.nick), ID: s.id, Text: s.body, Time: now(), Sent: s.m}
	if sent.Echoes {
		u.awaitEcho(s.a, s.r, line, s.parts, sent.IDs)
		return
	}
	if s.r.log != nil {
		lines := make([]string, 0, len(s.parts))
		for i := range s.parts {
			line.ID = u.keepOwn(s.r, line.Nick, s.parts[i], "", time.Time{}, line.ID)
			lines = append(lines, line.ID)
		}
		s.a.sent.recorded(s.r.addr, sent.IDs, lines)
	}
	s.r.view.Say(line)
}

// inPart returns why a message failed, of which parts were sent.
func inPart(err error, sent transports.Sent) error {
	if len(sent.IDs) == 0 {
		return err
	}
	return onlyBegun(transports.AsError(err))
}

// onlyBegun is the failure of a message whose beginning was sent.
func onlyBegun(err *transports.Error) *transports.Error {
	e := *err
	e.Unsure = true
	e.Text = transports.T("Only the beginning of this message was sent.")
	return &e
}

// saidInPart shows the parts of a message that others see, though the rest of it
// failed. Where the network shows lines to who said them, it does that.
func (u *user) saidInPart(r *room, parts []transports.Message, sent transports.Sent) {
	if sent.Echoes || u.rooms.of(r.addr) != r {
		return
	}
	for _, part := range parts {
		nick := r.view.Nick()
		line := muc.Line{Nick: nick, ID: randomID(), Text: shown(part), Time: now()}
		line.ID = u.keepOwn(r, nick, part, "", time.Time{}, line.ID)
		r.view.Say(line)
	}
}

// mayWrite takes one message off the user's allowance.
func (u *user) mayWrite() bool {
	n := u.d.Limits().Messages
	if n <= 0 {
		return true
	}
	if u.messages == nil {
		u.messages = rate.NewLimiter(rate.Limit(float64(n)/60), n)
	}
	return u.messages.Allow()
}

// setSubject asks the network for another subject (XEP-0045 §8.1).
func (u *user) setSubject(r *room, m *stanza.Message) {
	subject, _, _ := m.Subject(u.language(m.Lang))
	r.subject = m
	ok := u.request(u.accounts.of(r.addr.Scope), func(ctx context.Context, rs transports.Rooms) error {
		return rs.SetSubject(ctx, r.addr, subject)
	}, func(u *user, err error) {
		if err != nil {
			r.subject = nil
			u.fail(m, err)
		}
	})
	if !ok {
		u.fail(m, &transports.Error{Kind: transports.Unreachable})
	}
}

// invite passes an invitation on (XEP-0045 §7.8.2): to a nick of the network
// on the network, to anybody else as the user's own.
func (u *user) invite(m *stanza.Message, to target, invite *stanza.Element) {
	r := u.rooms.of(to.addr)
	if !r.seats(m.From) {
		u.fail(m, &transports.Error{Kind: transports.Absent})
		return
	}
	whom, err := jid.Parse(invite.Attr("to"))
	if err != nil {
		u.fail(m, &transports.Error{Kind: transports.Malformed})
		return
	}
	reason := invite.ChildText(muc.NSUser, "reason")
	if whom.Domain != u.d.Name() {
		out := muc.Invitation(r.view.JID(), whom, m.From.Bare(), reason)
		out.ID = randomID()
		u.send(out)
		return
	}
	other, err := route(u.d.Transport(), whom, u.routing())
	if err != nil || other.addr.Kind != transports.Contact || other.addr.Scope != to.addr.Scope {
		u.fail(m, &transports.Error{Kind: transports.NotFound})
		return
	}
	ok := u.request(u.accounts.of(r.addr.Scope), func(ctx context.Context, rs transports.Rooms) error {
		return rs.Invite(ctx, r.addr, other.addr.Name, reason)
	}, func(u *user, err error) {
		if err != nil {
			u.fail(m, err)
		}
	})
	if !ok {
		u.fail(m, &transports.Error{Kind: transports.Unreachable})
	}
}

// toOccupant takes a private message to an occupant (XEP-0045 §7.5): it goes to
// the contact of that nick, whose answers come back through the room.
func (u *user) toOccupant(m *stanza.Message, to target) {
	r := u.rooms.of(to.addr)
	if !r.seats(m.From) {
		u.fail(m, &transports.Error{Kind: transports.Absent})
		return
	}
	o, ok := r.view.Find(to.nick)
	if !ok {
		u.fail(m, &transports.Error{Kind: transports.NotFound})
		return
	}
	addr, err := u.d.Transport().Address(
		transports.Address{Kind: transports.Contact, Scope: to.addr.Scope, Name: o.Nick}.String(), u.routing())
	if err != nil {
		u.fail(m, err)
		return
	}
	u.throughRoom(addr, to.addr)
	u.entrust(m, addr, u.language(m.Lang))
}

// byRoomBound is for how many contacts is remembered that they were last
// written to through a room.
const byRoomBound = 200

func (u *user) throughRoom(contact, room transports.Address) {
	if u.byRoom == nil || len(u.byRoom) >= byRoomBound {
		u.byRoom = map[transports.Address]transports.Address{}
	}
	u.byRoom[contact] = room
}

// command sends a line of a network's own language to it. It waits a while for a
// network that is being reached, and is never stored: it may hold a password, and
// means nothing later.
func (u *user) command(m *stanza.Message, to transports.Address) {
	lang := u.language(m.Lang)
	text, style := said(m, lang)
	if text == "" {
		return
	}
	if tooLong(text) {
		u.fail(m, &transports.Error{Kind: transports.TooLong})
		return
	}
	if !u.mayWrite() {
		u.fail(m, &transports.Error{Kind: transports.Busy})
		return
	}
	a, err := u.reach(to.Scope, m.From.Local, lang)
	if err != nil {
		u.fail(m, err)
		return
	}
	msg := transports.Message{ID: randomID(), Chat: to, Style: style, Text: text, Markup: true}
	u.mail(a, letter{parts: a.session.split(msg), until: time.Now().Add(u.d.c.patience.held), done: func(u *user, sent transports.Sent, err error) {
		if err != nil {
			u.fail(m, inPart(err, sent))
			return
		}
		u.wasSent(a, to, sent, m)
	}})
	u.rest(a)
}

// received shows a message from the network that is not in the inbox: one of a
// room.
func (u *user) received(a *account, m transports.Message, came time.Time) {
	if m.Chat.Kind == transports.Room {
		r := u.rooms.of(m.Chat)
		if r == nil {
			return
		}
		if m.To != "" {
			m = mark(m)
		}
		id, again := u.keep(r, m)
		line := muc.Line{Nick: m.Nick, Key: m.Key, ID: id, Text: shown(m), Time: came, Delayed: m.Delayed, ReplyTo: m.ReplyTo}
		if !m.Time.IsZero() {
			line.Time = m.Time
		}
		if m.ID != "" && !m.Apart {
			line.Net = []string{m.ID}
		}
		if again || r.log == nil && m.Delayed && r.view.Knows(m.ID) {
			r.view.Recall(line)
			return
		}
		r.view.Say(line)
		return
	}
	id := u.messageID(m)
	if m.Own {
		return // said elsewhere by the user, in whose name we may send nothing; never shown as if the contact had
	}
	from, err := address(u.d.Name(), m.Chat)
	if err != nil {
		u.log().Warn("message from an address without a JID", "from", m.Chat.String(), "err", err)
		return
	}
	u.send(chatMessage(from, u.jid, id, m))
}

// status follows what the network says of a message that was sent before.
func (u *user) status(a *account, ev transports.Status) {
	switch ev.State {
	case transports.Echoed:
		u.echoed(a, ev)
		return
	case transports.Failed:
		a.echoes.drop(ev)
	default:
		return
	}
	if m, lines := a.sent.failed(ev); m != nil {
		if r := u.rooms.of(ev.Chat); r != nil && r.log != nil {
			r.log.withdraw(lines)
		}
		u.fail(m, failure(ev))
	}
}

// failure returns why a message failed.
func failure(st transports.Status) error {
	if st.Err != nil {
		return st.Err
	}
	return &transports.Error{Kind: transports.Unreachable}
}

// wasSent notes a message as sent, or tells that it had failed by then.
func (u *user) wasSent(a *account, chat transports.Address, sent transports.Sent, m *stanza.Message) (failed bool) {
	st := a.sent.add(chat, sent.IDs, m)
	if st != nil {
		u.fail(m, failure(*st))
	}
	return st != nil
}

// messageBounced follows a message of ours that could not be delivered. One of
// a room says that the resource has left; of others there is nothing to say.
func (u *user) messageBounced(m *stanza.Message) {
	e := stanza.ParseError(m.Child("", "error"))
	if !m.From.IsBare() && (gone(e) || e.Condition == stanza.JIDMalformed) {
		u.ghost(m.From)
		return
	}
	if !u.bounced(m, e) {
		u.log().Debug("message bounced", "to", m.From.String(), "err", e)
	}
}
