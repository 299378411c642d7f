package registration

import (
	"context"
	"errors"
	"strings"

	"wherry/component/command"
	"wherry/component/form"
	"wherry/component/text"
	"wherry/transports"
)

// dialogue is a command on its way through its steps, in a chat.
type dialogue struct {
	call command.Call
	page
	before []page // those that can be gone back to, the last one at the end
}

// pagesBack is how many steps a dialogue can go back.
const pagesBack = 8

// page is one step of a dialogue, on its way through its questions.
type page struct {
	step    command.Step
	fields  []transports.Field // of the step's form, those that are questions
	answers transports.Settings
	todo    []int // which fields are still to be asked, the one asked now first
	asked   []int // which were, for going back
	failed  bool  // all was answered, and it did not work: "again" tries once more
}

// newPage begins a step.
func newPage(step command.Step) page {
	p := page{step: step, answers: transports.Settings{}}
	if step.Form == nil || step.Next == nil {
		return p
	}
	for _, f := range step.Form.Fields {
		switch {
		case f.Kind == transports.Info:
		case settled(f):
			p.answers[f.Name] = f.Value
		default:
			p.todo = append(p.todo, len(p.fields))
			p.fields = append(p.fields, f)
		}
	}
	return p
}

// settled tells whether a field is no question at all: its only choice is made.
func settled(f transports.Field) bool {
	return f.Kind == transports.Choice && len(f.Options) == 1 && f.Value == f.Options[0].Value
}

// show says what a step says, and asks its first question. It returns false
// where the step is the last.
func (d *dialogue) show(s *saying, step command.Step) bool {
	d.page = newPage(step)
	if said := spoken(step, s.call.Lang); said != "" {
		s.say(said)
	}
	if step.Next == nil {
		return false
	}
	d.ask(s)
	return true
}

// spoken is what a step says, its questions aside.
func spoken(step command.Step, lang string) string {
	var said []string
	add := func(line string) {
		if line != "" {
			said = append(said, line)
		}
	}
	add(text.In(lang, step.Note))
	if step.Form != nil {
		add(text.In(lang, step.Form.Title))
		add(text.In(lang, step.Form.Instructions))
		for _, f := range step.Form.Fields {
			if f.Kind == transports.Info || step.Next == nil {
				add(information(f, lang))
			}
		}
	}
	return strings.Join(said, "\n")
}

// information is a field that is only shown.
func information(f transports.Field, lang string) string {
	label := text.In(lang, f.Label)
	switch {
	case label == "":
		return f.Value
	case f.Value == "":
		return label
	}
	return label + ": " + f.Value
}

// ask puts the question that is next, or asks for a go where there is none.
func (d *dialogue) ask(s *saying) {
	if len(d.todo) == 0 {
		s.tell(transports.T("Send any word to go on, or cancel."))
		return
	}
	said := question(d.fields[d.todo[0]], s.call.Lang)
	if len(d.asked) == 0 && len(d.todo) >= manyQuestions {
		said += "\n" + text.In(s.call.Lang, transports.T("Send done to leave everything from here on as it is."))
	}
	s.say(said)
}

// manyQuestions is from how many on it is said that one need not answer them all.
const manyQuestions = 5

// leave answers what is left to be asked with what there is. It reports false
// where something is needed.
func (d *dialogue) leave() bool {
	for _, i := range d.todo {
		if f := d.fields[i]; f.Required && f.Value == "" {
			return false
		}
	}
	for _, i := range d.todo {
		d.answers[d.fields[i].Name] = d.fields[i].Value
	}
	d.asked, d.todo = append(d.asked, d.todo...), nil
	return true
}

// answer takes one message. It returns whether the dialogue goes on.
func (d *dialogue) answer(ctx context.Context, s *saying) bool {
	switch strings.ToLower(s.text) {
	case "cancel":
		s.tell(transports.T("Cancelled. Nothing was changed."))
		return false
	case "back":
		d.back()
		d.ask(s)
		return true
	}
	switch {
	case d.failed && !strings.EqualFold(s.text, "again"):
		s.tell(sayAgain)
		return true
	case !d.failed && len(d.todo) > 0 && !d.take(s):
		return true
	}
	return d.submit(ctx, s)
}

var sayAgain = transports.T("Send again to try once more, back to change an answer, or cancel.")

// take takes the answer to the question that was asked, and asks the next. It
// reports whether all is answered.
func (d *dialogue) take(s *saying) bool {
	if strings.EqualFold(s.text, "done") && d.leave() {
		return true
	}
	f := d.fields[d.todo[0]]
	value, err := reply(f, s.text)
	if err == nil {
		err = form.CheckField(f, value, s.call.Lang)
	}
	if err != nil {
		s.say(text.In(s.call.Lang, transports.AsError(err).Text))
		d.ask(s)
		return false
	}
	d.answers[f.Name] = value
	d.asked = append(d.asked, d.todo[0])
	d.todo = d.todo[1:]
	if len(d.todo) > 0 {
		d.ask(s)
	}
	return len(d.todo) == 0
}

// back goes back to the question before, or to the step before.
func (d *dialogue) back() {
	d.failed = false
	if n := len(d.before); len(d.asked) == 0 && n > 0 {
		d.page, d.before = d.before[n-1], d.before[:n-1]
	}
	if n := len(d.asked); n > 0 {
		d.todo = append([]int{d.asked[n-1]}, d.todo...)
		d.asked = d.asked[:n-1]
	}
}

// submit hands all answers to the command, and goes on with what it says. What
// the command wants done afterwards is done when that was said.
func (d *dialogue) submit(ctx context.Context, s *saying) bool {
	if len(d.fields) > 0 {
		s.tell(transports.T("One moment, please."))
	}
	call := d.call
	call.After = func(f func()) { s.after = append(s.after, f) }
	step, err := d.step.Next(ctx, call, d.answers)
	if err == nil {
		d.failed = false
		if d.before = append(d.before, d.page); len(d.before) > pagesBack {
			d.before = append([]page(nil), d.before[1:]...)
		}
		return d.show(s, step)
	}
	note, ok := command.Again(err, d.step, s.call.Lang)
	if !ok {
		refused(s, err)
		return false
	}
	s.say(text.In(s.call.Lang, note))
	d.blame(s, err)
	return true
}

// blame asks the field again that is to blame for an error, if need be in a
// step before; where none is, the user decides how to go on.
func (d *dialogue) blame(s *saying, err error) {
	var fault *transports.FieldError
	if errors.As(err, &fault) {
		if d.reopen(fault.Field) {
			d.ask(s)
			return
		}
		for n := len(d.before) - 1; n >= 0; n-- {
			if d.before[n].reopen(fault.Field) {
				d.page, d.before = d.before[n], d.before[:n]
				d.ask(s)
				return
			}
		}
	}
	d.failed = true
	s.tell(sayAgain)
}

// reopen makes a field the one that is asked next, where the page has it.
func (p *page) reopen(name string) bool {
	for i, f := range p.fields {
		if f.Name != name {
			continue
		}
		p.failed, p.todo = false, []int{i}
		for n, at := range p.asked {
			if at == i {
				p.asked = append(p.asked[:n:n], p.asked[n+1:]...)
				break
			}
		}
		return true
	}
	return false
}
