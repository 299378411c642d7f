package soak

import "testing"

func TestCopies(t *testing.T) {
	t.Parallel()
	sent := map[string]string{"<1>": "u1", "<2>": "u1", "<3>": "u2"}
	got := CountCopies(sent, []Copy{{"u1", "<1>"}, {"u1", "<2>"}, {"u1", "<2>"}, {"u1", "<3>"}, {"u2", "<4>"}})
	if want := (Copies{Mails: 3, One: 1, None: 1, Several: 1, Strange: 2}); got != want || !got.Guilty() {
		t.Errorf("%v, want %v", got, want)
	}
	if got := CountCopies(sent, []Copy{{"u1", "<1>"}, {"u1", "<2>"}, {"u2", "<3>"}}); got.Guilty() || got.One != 3 {
		t.Error(got)
	}
}
