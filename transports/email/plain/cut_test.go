package plain_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wherry/transports/email/plain"
)

// sample is one file of testdata/replies: what a program writes, and what is to
// be shown of it.
type sample struct {
	name   string
	in     plain.Context
	source plain.Source
	shown  string
}

func samples(t testing.TB) (all []sample) {
	t.Helper()
	files, err := filepath.Glob("testdata/replies/*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		head, rest, _ := strings.Cut(string(raw), "\n=== ")
		form, rest, _ := strings.Cut(rest, "\n")
		text, shown, ok := strings.Cut(rest, "\n=== shown\n")
		if !ok {
			t.Fatalf("%s: what is shown?", file)
		}
		s := sample{name: strings.TrimSuffix(filepath.Base(file), ".txt"), shown: strings.TrimSuffix(shown, "\n")}
		s.in = plain.Context{Reply: strings.Contains(head, "reply"), Forward: strings.Contains(head, "forward")}
		if form == "html" {
			s.source.HTML = text
		} else {
			s.source.Plain = text
		}
		all = append(all, s)
	}
	return all
}

// MAIL-X4
func TestReplies(t *testing.T) {
	t.Parallel()
	for _, s := range samples(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if got := s.source.Show(s.in); got != s.shown {
				t.Errorf("shown:\n%q\nwant:\n%q", got, s.shown)
			}
		})
	}
}

// TestCutAgain: what is shown of a mail has nothing more to cut. MAIL-X4
func TestCutAgain(t *testing.T) {
	t.Parallel()
	for _, s := range samples(t) {
		once := s.source.Show(s.in)
		again := plain.Cut(once, s.in)
		if strings.TrimSuffix(again, plain.CutMark) != strings.TrimSuffix(once, plain.CutMark) {
			t.Errorf("%s: %q, then %q", s.name, once, again)
		}
	}
}

// TestWholeHasAll: what is not cut is all there. MAIL-X4
func TestWholeHasAll(t *testing.T) {
	t.Parallel()
	for _, s := range samples(t) {
		whole := s.source.Whole()
		for line := range strings.Lines(strings.TrimSuffix(s.shown, plain.CutMark)) {
			if !strings.Contains(whole, strings.TrimRight(line, "\n")) {
				t.Errorf("%s: %q is not in the whole", s.name, line)
			}
		}
	}
}
