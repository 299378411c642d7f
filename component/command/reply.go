package command

import (
	"wherry/component/form"
	"wherry/component/stanza"
	"wherry/component/text"
	"wherry/transports"
)

const nsForm = form.NS

// The actions. XEP-0050 §4.1
const (
	execute  = "execute"
	cancel   = "cancel"
	prev     = "prev"
	next     = "next"
	complete = "complete"
)

// ask returns the step that is to be answered, with an error where there was
// one.
func (s *session) ask(fault transports.Text) *stanza.Element {
	step := s.steps[len(s.steps)-1]
	e := reply(s.id, s.node, "executing", s.lang)
	e.Children = append(e.Children, s.actions(step))
	e.Children = append(e.Children, note("error", s.lang, fault)...)
	e.Children = append(e.Children, note("info", s.lang, step.Note)...)
	if step.Form != nil {
		e.Children = append(e.Children, form.Element(*step.Form, "", s.lang))
	}
	return &e
}

// actions says what may be done. XEP-0050 §3.4
func (s *session) actions(step Step) stanza.Element {
	forward := next
	if step.Last {
		forward = complete
	}
	a := stanza.E(NS, "actions").With("execute", forward)
	if len(s.steps) > 1 {
		a.Children = append(a.Children, stanza.E(NS, prev))
	}
	a.Children = append(a.Children, stanza.E(NS, forward))
	return a
}

// done returns the last step.
func done(id, node, lang string, step Step) *stanza.Element {
	e := reply(id, node, "completed", lang)
	e.Children = append(e.Children, note("info", lang, step.Note)...)
	if step.Form != nil {
		e.Children = append(e.Children, form.Result(*step.Form, "", lang))
	}
	return &e
}

func cancelled(s *session) *stanza.Element {
	e := reply(s.id, s.node, "canceled", s.lang)
	return &e
}

func reply(id, node, status, lang string) stanza.Element {
	return stanza.E(NS, "command").With("node", node).With("sessionid", id).With("status", status).WithLang(lang)
}

func note(typ, lang string, t transports.Text) []stanza.Element {
	if t.IsZero() {
		return nil
	}
	return []stanza.Element{stanza.T(NS, "note", text.In(lang, t)).With("type", typ)}
}

// refusals says to people what the errors mean. XEP-0050 §4.4
var refusals = map[string]transports.Text{
	"":                                transports.T("This command cannot be used in this way."),
	"bad-action":                      transports.T("This cannot be done at this point of the dialogue."),
	"bad-payload":                     transports.T("The form that was sent cannot be read."),
	"bad-sessionid":                   transports.T("This dialogue is not known here. Please begin again."),
	"session-expired":                 transports.T("This dialogue is over. Please begin again."),
	string(stanza.ItemNotFound):       transports.T("There is no such command here."),
	string(stanza.Forbidden):          transports.T("This command is for administrators."),
	string(stanza.ResourceConstraint): transports.T("Too many dialogues are open. Please try again later."),
	string(stanza.UnexpectedRequest):  transports.T("The step before is still being worked on."),
}

// refuse returns an error with its condition of XEP-0050 §4.4, if it has one.
func refuse(lang string, c stanza.Condition, specific string) error {
	key := specific
	if specific == "" && c != stanza.BadRequest {
		key = string(c)
	}
	e := &stanza.Error{Condition: c, Code: stanza.LegacyCode(c), Text: text.In(lang, refusals[key]), Lang: text.Of(lang)}
	if c == stanza.Forbidden {
		e.Type = stanza.Cancel
	}
	if specific != "" {
		app := stanza.E(NS, specific)
		e.App = &app
	}
	return e
}
