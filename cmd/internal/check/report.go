package check

import (
	"fmt"
	"io"
	"sync"
)

// Report takes down what was found. It may be used by several goroutines.
type Report struct {
	mu     sync.Mutex // guards what follows
	w      io.Writer
	faults int
	err    error
}

// NewReport returns a report that is written to w line by line.
func NewReport(w io.Writer) *Report { return &Report{w: w} }

// OK notes what is as it should be.
func (r *Report) OK(about, format string, args ...any) { r.line("ok", about, format, args) }

// Warn notes what works, but is hardly meant.
func (r *Report) Warn(about, format string, args ...any) { r.line("warn", about, format, args) }

// Fail notes a fault.
func (r *Report) Fail(about, format string, args ...any) {
	r.line("FAIL", about, format, args)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults++
}

func (r *Report) line(verdict, about, format string, args []any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err := fmt.Fprintf(r.w, "%-5s %s: %s\n", verdict, about, fmt.Sprintf(format, args...))
	if r.err == nil {
		r.err = err
	}
}

// Faults returns how many there are, and the error of writing the report.
func (r *Report) Faults() (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.faults, r.err
}
