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

// dialogue is a command on its way through its questions, in a chat.
type dialogue struct {
	call    command.Call
	step    command.Step
	fields  []transports.Field // of the step's form, those that are questions
	answers transports.Settings
	todo    []int // which fields are still to be asked, the one asked now first
	asked   []int // which were, for going back
	failed  bool  // all was answered, and it did not work: "again" tries once more
}

// show says what a step says, and asks its first question. It returns false
// where the step is the last.
func (d *dialogue) show(s *saying, step command.Step) bool {
	d.step, d.answers, d.failed = step, transports.Settings{}, false
	d.fields, d.todo, d.asked = nil, nil, nil
	var said []string
	add := func(t transports.Text) {
		if !t.IsZero() {
			said = append(said, text.In(s.call.Lang, t))
		}
	}
	add(step.Note)
	if step.Form != nil {
		add(step.Form.Title)
		add(step.Form.Instructions)
		for _, f := range step.Form.Fields {
			if f.Kind == transports.Info || step.Next == nil {
				said = append(said, information(f, s.call.Lang))
				continue
			}
			d.todo = append(d.todo, len(d.fields))
			d.fields = append(d.fields, f)
		}
	}
	if len(said) > 0 {
		s.say(strings.Join(said, "\n"))
	}
	if step.Next == nil {
		return false
	}
	d.ask(s)
	return true
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
	s.say(question(d.fields[d.todo[0]], s.call.Lang))
}

// answer takes one message. It returns whether the dialogue goes on.
func (d *dialogue) answer(ctx context.Context, s *saying) bool {
	switch strings.ToLower(s.text) {
	case "cancel":
		s.tell(transports.T("Cancelled. Nothing was changed."))
		return false
	case "back":
		d.back(s)
		return true
	}
	if d.failed {
		return d.retry(ctx, s)
	}
	if len(d.todo) > 0 {
		f := d.fields[d.todo[0]]
		value, err := reply(f, s.text)
		if err == nil {
			err = form.Check(transports.Form{Fields: []transports.Field{f}}, transports.Settings{f.Name: value}, s.call.Lang)
		}
		if err != nil {
			s.say(text.In(s.call.Lang, transports.AsError(err).Text))
			d.ask(s)
			return true
		}
		d.answers[f.Name] = value
		d.asked = append(d.asked, d.todo[0])
		d.todo = d.todo[1:]
		if len(d.todo) > 0 {
			d.ask(s)
			return true
		}
	}
	return d.submit(ctx, s)
}

// back asks the question before once more.
func (d *dialogue) back(s *saying) {
	d.failed = false
	if n := len(d.asked); n > 0 {
		d.todo = append([]int{d.asked[n-1]}, d.todo...)
		d.asked = d.asked[:n-1]
	}
	d.ask(s)
}

// retry takes what is said after all was answered in vain.
func (d *dialogue) retry(ctx context.Context, s *saying) bool {
	if strings.EqualFold(s.text, "again") {
		return d.submit(ctx, s)
	}
	s.tell(sayAgain)
	return true
}

var sayAgain = transports.T("Send again to try once more, back to change an answer, or cancel.")

// submit hands all answers to the command, and goes on with what it says.
func (d *dialogue) submit(ctx context.Context, s *saying) bool {
	if len(d.fields) > 0 {
		s.tell(transports.T("One moment, please."))
	}
	step, err := d.step.Next(ctx, d.call, d.answers)
	if err == nil {
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

// blame asks the field again that is to blame for an error; where none is, the
// user decides how to go on.
func (d *dialogue) blame(s *saying, err error) {
	var fault *transports.FieldError
	if errors.As(err, &fault) {
		for i, f := range d.fields {
			if f.Name != fault.Field {
				continue
			}
			d.todo = []int{i}
			for n, at := range d.asked {
				if at == i {
					d.asked = append(d.asked[:n:n], d.asked[n+1:]...)
					break
				}
			}
			d.ask(s)
			return
		}
	}
	d.failed = true
	s.tell(sayAgain)
}
