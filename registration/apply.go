package registration

import (
	"context"
	"fmt"

	"wherry/component/form"
	"wherry/component/text"
	"wherry/store"
	"wherry/transports"
)

// outcome is how an application went on, where it was not refused.
type outcome struct {
	changed bool             // an account that was in force before
	more    *application     // asks for more; nil where that was all
	link    *transports.Link // visit this first, then submit more
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
	return p.wait(ctx, a, func(live context.Context) (outcome, error) {
		defer done()
		return p.try(live, a, trial, answers, old)
	})
}

// wait runs a trial and waits for it until ctx is done. A trial that outlives
// its request tells the user its end.
func (p *applicant) wait(ctx context.Context, a *application, trial func(context.Context) (outcome, error)) (outcome, error) {
	type verdict struct {
		outcome
		err error
	}
	verdicts, gone := make(chan verdict), make(chan struct{})
	p.reg.work.Go(func() {
		live, cancel := context.WithTimeout(p.reg.live, checking)
		defer cancel()
		out, err := trial(live)
		select {
		case verdicts <- verdict{out, err}:
		case <-gone:
			p.report(a, out, err)
		}
	})
	select {
	case v := <-verdicts:
		return v.outcome, v.err
	case <-ctx.Done():
		close(gone)
		return outcome{pending: true}, nil
	}
}

// try has the network try the settings, and stores what it accepts.
func (p *applicant) try(ctx context.Context, a *application, trial, answers transports.Settings, old store.Account) (outcome, error) {
	answer, err := p.verify(ctx, trial, old)
	if err != nil {
		return outcome{}, err
	}
	switch out := (outcome{changed: inForce(old), link: answer.Link}); {
	case answer.Next != nil:
		out.more = a.next(*answer.Next, answers, trial)
		return out, nil
	case answer.Link != nil:
		out.more = a.next(form.Fill(a.form, answers), answers, trial)
		return out, nil
	default:
		return out, p.keep(ctx, a, p.account(a, answer.Settings, old), old)
	}
}

// verify has the network try the settings. Where it is shown who logs in, it is.
func (p *applicant) verify(ctx context.Context, trial transports.Settings, old store.Account) (transports.Answer, error) {
	net, ok := p.d.Transport().(transports.Trier)
	if !ok {
		return p.d.Transport().Verify(ctx, p.scope, trial)
	}
	account, _, err := p.d.Open(ctx, old)
	if err != nil {
		return transports.Answer{}, fmt.Errorf("open the account to try: %w", err)
	}
	account.Settings = trial
	return net.Try(ctx, account)
}

// report tells the end of a check that its request did not live to see.
func (p *applicant) report(a *application, out outcome, err error) {
	if p.reg.live.Err() != nil {
		return
	}
	p.reg.log.Info("late sign-up", "domain", p.d.Name(), "user", p.user, "err", err)
	switch {
	case err != nil:
		p.d.Tell(p.user, transports.T("Your registration failed: %s", p.fail(err, a.form).Text))
	case out.link != nil:
		p.d.Tell(p.user, transports.Literal(p.linked(*out.link)))
	case out.more != nil:
		p.d.Tell(p.user, transports.T("The network has another question. Please register again, by command or here in the chat."))
	default:
		p.d.Tell(p.user, p.success(out))
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
