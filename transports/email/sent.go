package email

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"wherry/transports"
	"wherry/transports/email/imap"
)

// The copy of a mail in Sent. Send never waits for it: what is to be copied is a
// Save that is committed together with the fact that the mail was sent, and goes
// away when the copy stands. Before a copy is made it is looked for, by its
// Message-ID: so a crash at any point neither loses one nor makes two. Where the
// provider makes the copies itself, which is found out at the first mail, none is
// made.

// Names of saves.
const (
	saveFiles = "files" // filing
	saveFile  = "file." // a job, by the Message-ID before the "@"
)

// Bounds on copies that wait.
const (
	jobsMost = 100
	jobMost  = 256 << 10 // bytes of one
	textKept = 64 << 10  // bytes of the text of one that would have more
	jobAge   = 7 * 24 * time.Hour
)

// filing tells whether the provider puts what is sent into Sent itself.
type filing uint8

const (
	filesUnknown filing = iota
	filesItself
	filesNot
)

// save returns what is kept of that, which holds for one host.
func (f filing) save(host string) transports.Save {
	return transports.Save{Name: saveFiles, Value: []byte(map[filing]string{filesItself: "yes ", filesNot: "no "}[f] + host)}
}

func readFiling(value []byte, host string) filing {
	switch string(value) {
	case "yes " + host:
		return filesItself
	case "no " + host:
		return filesNot
	}
	return filesUnknown
}

// job is what is still to be done for a mail that was sent.
type job struct {
	draft  *draft
	since  time.Time
	copy   bool // its copy is to be made; else only the mark is to be set
	due    time.Time
	probes int // looks whether the provider made it
	tries  int // that were refused
	spool  *spool
}

// name is that of its save.
func (j *job) name() string {
	id, _, _ := strings.Cut(j.draft.ID, "@")
	return saveFile + id
}

// save returns what is kept of it.
func (j *job) save() transports.Save {
	value, err := json.Marshal(j.draft)
	if err == nil && len(value) > jobMost {
		short := *j.draft
		short.Text = cutText(short.Text, textKept) + "\n[...]"
		value, err = json.Marshal(&short)
	}
	if err != nil || len(value) > jobMost {
		return transports.Save{Name: j.name()}
	}
	return transports.Save{Name: j.name(), Value: value, Secret: true}
}

// readJobs takes up the copies that earlier sessions did not get to.
func readJobs(saved transports.Saved) (jobs []*job) {
	for name, value := range saved {
		d := new(draft)
		if !strings.HasPrefix(name, saveFile) || json.Unmarshal(value, d) != nil || d.ID == "" {
			continue
		}
		jobs = append(jobs, &job{draft: d, copy: true})
	}
	slices.SortFunc(jobs, func(a, b *job) int { return a.draft.Date.Compare(b.draft.Date) })
	return jobs
}

// wantsCopies tells whether copies are, or may be, ours to make.
func (out *sending) wantsCopies() bool {
	out.mu.Lock()
	defer out.mu.Unlock()
	return out.files != filesItself
}

// later notes what is to be done for a mail that was sent just now, and returns
// what is to be saved with that.
func (s *Session) later(d *draft, copied *spool) (saves []transports.Save) {
	out := s.out
	out.mu.Lock()
	defer out.mu.Unlock()
	j := &job{draft: d, spool: copied, copy: out.files != filesItself, since: time.Now()}
	if j.due = j.since.Add(s.t.pace.settle); out.files == filesUnknown {
		j.due = j.since.Add(s.t.pace.probe[0])
	}
	known := slices.ContainsFunc(out.jobs, func(old *job) bool { return old.draft.ID == d.ID && old.copy == j.copy })
	switch {
	case known: // it was sent again
		j.spool.drop()
		if j.copy {
			saves = append(saves, j.save())
		}
		return saves
	case !j.copy && d.Mark.IsZero():
		return nil
	}
	if len(out.jobs) >= jobsMost {
		saves = append(saves, transports.Save{Name: out.jobs[0].name()})
		out.jobs[0].spool.drop()
		out.jobs = slices.Delete(out.jobs, 0, 1)
	}
	out.jobs = append(out.jobs, j)
	out.arm()
	if j.copy {
		saves = append(saves, j.save())
	}
	return saves
}

// filePending tells what waits to be told, and makes the copies in Sent that are
// due. Run calls it after the log-in, and each time that s.out.due says so, when
// the connection does nothing else: it may select another folder. An error means
// that the connection, or the store, is not to be used any more.
func (s *Session) filePending(ctx context.Context, c *imap.Client, emit emitter) error {
	s.out.line.setKeep(true)
	if err := s.sayTold(ctx, emit); err != nil {
		return err
	}
	var done []transports.Save
	var failed error
	for _, j := range s.dueJobs() {
		saves, err := s.finish(ctx, c, j, emit)
		done = append(done, saves...)
		if failed = err; err != nil {
			break
		}
	}
	s.out.mu.Lock()
	s.out.arm()
	s.out.mu.Unlock()
	if len(done) > 0 {
		// A Save of which the store heard only after that is deleted now, at the latest.
		if err := emit(ctx, transports.Batch{Saves: append(done, s.out.gone...)}); err != nil {
			return err
		}
		s.out.gone = append([]transports.Save(nil), done[:min(len(done), jobsMost)]...)
	}
	if failed != nil {
		return failed
	}
	return s.sayTold(ctx, emit)
}

// dueJobs returns what is due.
func (s *Session) dueJobs() (due []*job) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	for _, j := range s.out.jobs {
		if !j.due.After(time.Now()) {
			due = append(due, j)
		}
	}
	return due
}

// finish does what is to be done for one mail, or puts it off. It returns what is
// to be saved.
func (s *Session) finish(ctx context.Context, c *imap.Client, j *job, emit emitter) ([]transports.Save, error) {
	if j.copy {
		done, err := s.copy(ctx, c, j, emit)
		switch {
		case err != nil:
			return s.refused(j, err)
		case !done:
			return nil, nil
		}
	}
	s.forget(j)
	var saves []transports.Save
	if j.copy {
		saves = []transports.Save{{Name: j.name()}}
	}
	if d := j.draft; !d.Mark.IsZero() {
		if err := markAnswered(ctx, c, d.Answers, d.Mark); err != nil && !said(err) {
			return saves, err
		}
	}
	return saves, nil
}

// copy sees to it that the copy of a mail stands in Sent. It reports false where it
// is to be looked for again later.
func (s *Session) copy(ctx context.Context, c *imap.Client, j *job, emit emitter) (bool, error) {
	files := s.out.filing()
	if files == filesItself {
		return true, nil
	}
	folder, err := s.sentFolder(ctx, c)
	if err != nil {
		return false, err
	}
	there, err := s.stands(ctx, c, folder, j.draft)
	if err != nil {
		return false, err
	}
	switch {
	case there && files == filesUnknown:
		// Nobody else can have made it: what we make ourselves, we make only after that it
		// is ours to make was saved.
		return true, s.learn(ctx, filesItself, emit)
	case there:
		return true, nil
	case files == filesUnknown:
		if j.probes++; j.probes < len(s.t.pace.probe) {
			s.putOff(j, s.t.pace.probe[j.probes])
			return false, nil
		}
		if err := s.learn(ctx, filesNot, emit); err != nil {
			return false, err
		}
	}
	return true, s.append(ctx, c, folder, j)
}

func (out *sending) filing() filing {
	out.mu.Lock()
	defer out.mu.Unlock()
	return out.files
}

// learn keeps whether the provider makes the copies, and has what waited for that
// be done.
func (s *Session) learn(ctx context.Context, f filing, emit emitter) error {
	if err := emit(ctx, transports.Batch{Saves: []transports.Save{f.save(s.receive.Name)}}); err != nil {
		return err
	}
	s.out.mu.Lock()
	s.out.files = f
	for _, j := range s.out.jobs {
		if j.tries == 0 {
			j.due = j.since.Add(s.t.pace.settle)
		}
	}
	s.out.mu.Unlock()
	return nil
}

// putOff has a mail's turn come later.
func (s *Session) putOff(j *job, wait time.Duration) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	j.due = time.Now().Add(wait)
}

// forget ends the work for a mail.
func (s *Session) forget(j *job) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	s.out.jobs = slices.DeleteFunc(s.out.jobs, func(one *job) bool { return one == j })
	j.spool.drop()
}

// refused puts off a copy that could not be made, and gives it up in the end. The
// mail was sent all the same. A connection that ended may have ended for another
// reason, and is suffered more often.
func (s *Session) refused(j *job, err error) ([]transports.Save, error) {
	again := s.t.pace.again
	most := len(again)
	s.out.mu.Lock()
	s.out.folder = "" // it may be another one now
	s.out.mu.Unlock()
	lost := !said(err)
	if lost {
		most *= 2
	} else {
		err = nil
	}
	if j.tries < most && time.Since(j.draft.Date) < jobAge {
		s.putOff(j, again[min(j.tries, len(again)-1)])
		j.tries++
		return nil, err
	}
	s.forget(j)
	s.tell(transports.Told{ID: "copy " + j.draft.ID, Text: transports.T("The mail “%s” was sent, but your provider lets us put no copy of it into your folder of sent mails.", j.draft.Subject)})
	return []transports.Save{{Name: j.name()}}, err
}
