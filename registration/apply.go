package registration

import (
	"context"

	"wherry/component/text"
	"wherry/store"
	"wherry/transports"
)

// outcome is how an application went on, where it was not refused.
type outcome struct {
	changed bool             // an account that was in force before
	next    bool             // the application asks for more
	link    *transports.Link // visit this, then submit again
	pending bool             // the network has not answered yet; the user will be told
}

// apply submits what was answered to the form that is asked: the network tries
// it, and where that is all, it is stored and in force when apply returns.
//
// A check that takes longer than the user's client waits goes on by itself.
// Requests of one user are taken one after the other.
func (p *applicant) apply(ctx context.Context, a *application, answered transports.Settings) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, p.reg.patience)
	defer cancel()
	done, err := p.reg.turns.take(ctx, p.turn())
	if err != nil {
		return outcome{}, p.busy()
	}
	old, err := p.file(ctx)
	if err == nil {
		err = p.admit(ctx, old)
	}
	if err != nil {
		done()
		return outcome{}, err
	}
	trial, answers, err := a.fill(onFile(old), answered, p.lang)
	if err != nil {
		done()
		return outcome{}, err
	}
	return p.wait(ctx, a, func(live context.Context) verdict {
		defer done()
		v := p.try(live, a, trial, old)
		v.answers, v.trial = answers, trial
		return v
	})
}

// verdict is what became of a trial.
type verdict struct {
	outcome
	form           *transports.Form // the next one
	answers, trial transports.Settings
	err            error
}

// wait runs a trial and waits for it until ctx is done. A trial that outlives
// its request tells the user its end.
func (p *applicant) wait(ctx context.Context, a *application, trial func(context.Context) verdict) (outcome, error) {
	verdicts, gone := make(chan verdict), make(chan struct{})
	p.reg.work.Go(func() {
		live, cancel := context.WithTimeout(p.reg.live, checking)
		defer cancel()
		v := trial(live)
		select {
		case verdicts <- v:
		case <-gone:
			p.report(v)
		}
	})
	select {
	case v := <-verdicts:
		if v.err == nil {
			a.goOn(v)
		}
		return v.outcome, v.err
	case <-ctx.Done():
		close(gone)
		return outcome{pending: true}, nil
	}
}

// goOn takes over what is asked next, and what was answered until then.
func (a *application) goOn(v verdict) {
	switch {
	case v.form != nil:
		a.answers = v.answers
		a.ask(*v.form, v.trial)
	case v.link != nil:
		a.answers = v.answers
		a.ask(a.form, v.trial)
	}
}

// try has the network try the settings, and stores what it accepts.
func (p *applicant) try(ctx context.Context, a *application, trial transports.Settings, old store.Account) verdict {
	answer, err := p.d.Transport().Verify(ctx, p.scope, trial)
	if err == nil && answer.Next == nil && answer.Link == nil {
		err = p.keep(ctx, p.account(a, answer.Settings, old), old)
	}
	if err != nil {
		return verdict{err: err}
	}
	o := outcome{changed: inForce(old), next: answer.Next != nil, link: answer.Link}
	return verdict{outcome: o, form: answer.Next}
}

// report tells the end of a check that its request did not live to see.
func (p *applicant) report(v verdict) {
	p.reg.log.Info("late sign-up", "domain", p.d.Name(), "user", p.user, "err", v.err)
	t, ok := p.d.(teller)
	if !ok || p.reg.live.Err() != nil {
		return
	}
	switch {
	case v.err != nil:
		t.Tell(p.user, transports.T("Your registration failed: %s", p.explain(v.err)))
	case v.next:
		t.Tell(p.user, transports.T("The network has another question. Please register again, by command or here in the chat."))
	case v.link != nil:
		t.Tell(p.user, transports.Literal(p.linked(*v.link)))
	default:
		t.Tell(p.user, p.success(v.outcome))
	}
}

// success says that an account is in force.
func (p *applicant) success(o outcome) transports.Text {
	title := p.d.Transport().About().Title
	switch {
	case o.pending:
		return transports.T("The network has not answered yet. You will be told here how it ends.")
	case o.changed:
		return transports.T("The change is in force: %s accepted it.", title)
	}
	return transports.T("You are registered: %s accepted it.", title)
}

// linked says what to do with a link.
func (p *applicant) linked(l transports.Link) string {
	s := text.In(p.lang, l.Text)
	if s != "" {
		s += "\n"
	}
	s += l.URL
	if l.Code != "" {
		s += "\n" + text.In(p.lang, transports.T("Code: %s", l.Code))
	}
	return s
}
