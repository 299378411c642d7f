package soak

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// at is a time in seconds from the beginning of a log.
func at(seconds float64) time.Time { return noon.Add(time.Duration(seconds * float64(time.Second))) }

var chat = Chat{"u1", "c1"}

// said, taken, pushed and shown make the n-th message of the chat, and what was
// noted of it.
func said(n int, s float64) Said {
	return Said{Chat: chat, Seq: n, ID: id(n), Body: body(n), At: at(s)}
}

func taken(n int, s float64) Taken {
	return Taken{Chat: chat, Body: body(n), At: at(s), Delivered: true}
}

func pushed(n int, s float64) Pushed {
	return Pushed{Chat: chat, Seq: n, Body: body(n), At: at(s), Acked: at(s + 0.1)}
}

func shown(n int, s float64) Shown { return Shown{Chat: chat, ID: id(n), Body: body(n), At: at(s)} }

func told(n int) Answer { return Answer{ID: id(n), At: at(90)} }

func id(n int) string { return "id" + string(rune('0'+n)) }

func body(n int) string { return "body" + string(rune('0'+n)) }

func killed(who Victim, begin, end float64) Fault { return Fault{who, Kill, at(begin), at(end)} }

// Each column, by a log made by hand.
func TestJudgeToNetwork(t *testing.T) {
	t.Parallel()
	folded := taken(1, 2)
	folded.Folded, folded.Delivered = true, false
	undelivered := taken(1, 1)
	undelivered.Delivered = false
	failed := undelivered
	failed.Failed = true
	elsewhere := taken(1, 1)
	elsewhere.Contact = "c2"
	for name, c := range map[string]struct {
		logs  Logs
		rules Rules
		want  Verdict
	}{
		"arrived, with a tick": {
			logs: Logs{Said: []Said{said(1, 0)}, Taken: []Taken{taken(1, 1)}, Ticks: []Answer{told(1)}},
			want: Verdict{Arrived: 1},
		},
		"lost":    {logs: Logs{Said: []Said{said(1, 0)}}, want: Verdict{Lost: 1}},
		"refused": {logs: Logs{Said: []Said{said(1, 0)}, Noes: []Answer{told(1)}}, want: Verdict{Refused: 1}},
		"kept by the server": {
			logs: Logs{Said: []Said{said(1, 0), said(2, 1)}, Passed: map[string]int{id(2): 1}},
			want: Verdict{ByServer: 1, Lost: 1},
		},
		"handed over in another order": {
			logs: Logs{
				Said: []Said{said(1, 0), said(2, 1), said(3, 2)}, Taken: []Taken{taken(2, 3), taken(3, 4), taken(1, 5)},
				Passed: map[string]int{id(2): 1, id(3): 2, id(1): 3},
			},
			want: Verdict{Arrived: 3, Late: 1},
		},
		"handed over in order": {
			logs: Logs{
				Said: []Said{said(1, 0), said(2, 1)}, Taken: []Taken{taken(2, 3), taken(1, 5)},
				Passed: map[string]int{id(1): 1, id(2): 2},
			},
			want: Verdict{Arrived: 2, Reordered: 1},
		},
		"in a killed gateway": {
			logs: Logs{Said: []Said{said(1, 8), said(2, 11), said(3, 2)}, Faults: []Fault{killed(Gateway, 10, 12)}},
			want: Verdict{InFlight: 2, Lost: 1},
		},
		"in a killed server": {
			logs: Logs{Said: []Said{said(1, 8)}, Faults: []Fault{killed(Server, 10, 12)}},
			want: Verdict{InFlight: 1},
		},
		"in a gateway that froze before it was killed": {
			logs: Logs{Said: []Said{said(1, 1)}, Faults: []Fault{{Gateway, Freeze, at(2), at(7)}, killed(Gateway, 10, 12)}},
			want: Verdict{InFlight: 1},
		},
		"a clean stop loses nothing": {
			logs: Logs{Said: []Said{said(1, 10)}, Faults: []Fault{{Gateway, Stop, at(10), at(12)}}},
			want: Verdict{Lost: 1},
		},
		"nor does ice": {
			logs: Logs{Said: []Said{said(1, 10)}, Faults: []Fault{{Server, Freeze, at(10), at(12)}}},
			want: Verdict{Lost: 1},
		},
		"in flight, with a tick": {
			logs: Logs{Said: []Said{said(1, 9)}, Faults: []Fault{killed(Gateway, 10, 12)}, Ticks: []Answer{told(1)}},
			want: Verdict{FalseTicks: 1},
		},
		"a tick before it is delivered": {
			logs: Logs{Said: []Said{said(1, 0)}, Taken: []Taken{undelivered}, Ticks: []Answer{told(1)}},
			want: Verdict{Arrived: 1, FalseTicks: 1},
		},
		"sent twice": {
			logs: Logs{Said: []Said{said(1, 0)}, Taken: []Taken{taken(1, 1), taken(1, 2)}},
			want: Verdict{Arrived: 1, Doubled: 1},
		},
		"sent twice, and folded": {
			logs: Logs{Said: []Said{said(1, 0)}, Taken: []Taken{taken(1, 1), folded}},
			want: Verdict{Arrived: 1, Repeated: 1},
		},
		"arrived, and told as failed": {
			logs: Logs{Said: []Said{said(1, 0)}, Taken: []Taken{taken(1, 1)}, Noes: []Answer{told(1)}},
			want: Verdict{Arrived: 1, FalseNoes: 1},
		},
		"taken, and failed": {
			logs: Logs{Said: []Said{said(1, 0)}, Taken: []Taken{failed}, Noes: []Answer{told(1)}},
			want: Verdict{Arrived: 1},
		},
		"arrived, and told as unknown": {
			logs:  Logs{Said: []Said{said(1, 0)}, Taken: []Taken{taken(1, 1)}, Noes: []Answer{told(1)}},
			rules: Rules{Blind: true},
			want:  Verdict{Arrived: 1},
		},
		"sent back to a client that had gone": {
			logs: Logs{
				Said: []Said{said(1, 0)}, Passed: map[string]int{id(1): 1}, Returned: map[string]bool{id(1): true},
				Absences: []Absence{{"u1", at(0.1), at(9)}},
			},
			want: Verdict{Untold: 1},
		},
		"sent back to a client that was there": {
			logs: Logs{
				Said: []Said{said(1, 0)}, Passed: map[string]int{id(1): 1}, Returned: map[string]bool{id(1): true},
				Absences: []Absence{{"u1", at(20), at(29)}, {"u2", at(0.1), at(9)}},
			},
			want: Verdict{Lost: 1},
		},
		"not even sent back": {
			logs: Logs{
				Said: []Said{said(1, 0)}, Passed: map[string]int{id(1): 1}, Returned: map[string]bool{},
				Absences: []Absence{{"u1", at(0.1), at(9)}},
			},
			want: Verdict{Lost: 1},
		},
		"reordered": {
			logs: Logs{
				Said:  []Said{said(1, 0), said(2, 1), said(3, 2)},
				Taken: []Taken{taken(2, 1), taken(1, 2), taken(3, 3)},
			},
			want: Verdict{Arrived: 3, Reordered: 1},
		},
		"a repeat is no disorder": {
			logs: Logs{Said: []Said{said(1, 0), said(2, 1)}, Taken: []Taken{taken(1, 1), taken(2, 2), folded}},
			want: Verdict{Arrived: 2, Repeated: 1},
		},
		"to somebody else": {
			logs: Logs{Said: []Said{said(1, 0)}, Taken: []Taken{elsewhere}},
			want: Verdict{Lost: 1, Strange: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := Judge(&c.logs, c.rules)
			c.want.Direction, c.want.Messages = ToNetwork, len(c.logs.Said)
			wantVerdict(t, got, c.want)
		})
	}
}

func TestJudgeToXMPP(t *testing.T) {
	t.Parallel()
	again := shown(1, 3)
	again.ID = "another"
	untaken := pushed(1, 0)
	untaken.Acked = time.Time{}
	away := []Absence{{"u1", at(0), at(60)}, {"u2", at(0), at(60)}}
	unheard, unheard2 := pushed(1, 0), pushed(2, 1)
	unheard.Acked, unheard.Unheard = time.Time{}, true
	unheard2.Acked, unheard2.Unheard = time.Time{}, true
	for name, c := range map[string]struct {
		logs  Logs
		rules Rules
		want  Verdict
	}{
		"live":           {logs: Logs{Pushed: []Pushed{pushed(1, 0)}, Shown: []Shown{shown(1, 1)}}, want: Verdict{Arrived: 1}},
		"in the archive": {logs: Logs{Pushed: []Pushed{pushed(1, 0)}, Archived: []Shown{shown(1, 1)}}, want: Verdict{Arrived: 1}},
		"both":           {logs: Logs{Pushed: []Pushed{pushed(1, 0)}, Shown: []Shown{shown(1, 1)}, Archived: []Shown{shown(1, 1)}}, want: Verdict{Arrived: 1}},
		"lost":           {logs: Logs{Pushed: []Pushed{pushed(1, 0)}}, want: Verdict{Lost: 1}},
		"not taken":      {logs: Logs{Pushed: []Pushed{untaken}}, want: Verdict{Pending: 1}},
		"twice":          {logs: Logs{Pushed: []Pushed{pushed(1, 0)}, Shown: []Shown{shown(1, 1), shown(1, 2)}}, want: Verdict{Arrived: 1, Repeated: 1}},
		"with two ids":   {logs: Logs{Pushed: []Pushed{pushed(1, 0)}, Shown: []Shown{shown(1, 1), again}}, want: Verdict{Arrived: 1, Repeated: 1, Doubled: 1}},
		"with another id in the archive": {
			logs: Logs{Pushed: []Pushed{pushed(1, 0)}, Shown: []Shown{shown(1, 1)}, Archived: []Shown{again}},
			want: Verdict{Arrived: 1, Doubled: 1},
		},
		"reordered": {
			logs: Logs{Pushed: []Pushed{pushed(1, 0), pushed(2, 1)}, Shown: []Shown{shown(2, 1), shown(1, 2)}},
			want: Verdict{Arrived: 2, Reordered: 1},
		},
		"reordered, while its user was away": {
			logs: Logs{
				Pushed: []Pushed{pushed(1, 0), pushed(2, 1)}, Shown: []Shown{shown(2, 5), shown(1, 6)},
				Absences: []Absence{{"u1", at(0.5), at(4)}}, Archived: []Shown{shown(2, 1), shown(1, 2)},
			},
			want: Verdict{Arrived: 2, Reordered: 1},
		},
		"into a dying connection": {
			logs: Logs{
				Pushed: []Pushed{pushed(1, 0), pushed(2, 1)}, Shown: []Shown{shown(2, 5), shown(1, 6)},
				Absences: []Absence{{"u1", at(0.5), at(4)}}, Archived: []Shown{shown(1, 1), shown(2, 2), shown(1, 3)},
			},
			want: Verdict{Arrived: 2, Late: 1},
		},
		"while its user comes back": {
			logs: Logs{
				Pushed: []Pushed{pushed(1, 3), pushed(2, 4.1)}, Shown: []Shown{shown(2, 5), shown(1, 6)},
				Absences: []Absence{{"u1", at(0.5), at(4)}}, Archived: []Shown{shown(1, 1), shown(2, 2), shown(1, 3)},
			},
			want: Verdict{Arrived: 2, Late: 1},
		},
		"while its user comes back, and its archive forgets": {
			logs: Logs{
				Pushed: []Pushed{pushed(1, 3), pushed(2, 4.1)}, Shown: []Shown{shown(2, 5), shown(1, 6)},
				Absences: []Absence{{"u1", at(0.5), at(4)}}, Archived: []Shown{shown(2, 2)},
			},
			rules: Rules{Forgets: true},
			want:  Verdict{Arrived: 2, Late: 1},
		},
		"in the archive in order, but not to one who is there": {
			logs: Logs{
				Pushed: []Pushed{pushed(1, 0), pushed(2, 1)}, Shown: []Shown{shown(2, 5), shown(1, 6)},
				Absences: []Absence{{"u2", at(0.5), at(4)}}, Archived: []Shown{shown(1, 1), shown(2, 2)},
			},
			want: Verdict{Arrived: 2, Reordered: 1},
		},
		"found when asked for, after the next was told": {
			logs: Logs{Pushed: []Pushed{unheard, pushed(2, 1)}, Shown: []Shown{shown(2, 1), shown(1, 2)}},
			want: Verdict{Arrived: 2, Late: 1},
		},
		"both found when asked for": {
			logs: Logs{Pushed: []Pushed{unheard, unheard2}, Shown: []Shown{shown(2, 1), shown(1, 2)}},
			want: Verdict{Arrived: 2, Reordered: 1},
		},
		"written again in order": {
			logs: Logs{Pushed: []Pushed{pushed(1, 0), pushed(2, 1)}, Shown: []Shown{shown(1, 1), shown(2, 2), shown(1, 3), shown(2, 4)}},
			want: Verdict{Arrived: 2, Repeated: 2},
		},
		"what nobody said": {logs: Logs{Shown: []Shown{shown(1, 1)}}, want: Verdict{Strange: 1}},
		"killed with the gateway": {
			logs: Logs{Pushed: []Pushed{pushed(1, 9)}, Faults: []Fault{killed(Gateway, 10, 12)}, Absences: away},
			want: Verdict{Lost: 1}, rules: Rules{Forgets: true},
		},
		"lost by the store": {
			logs: Logs{Pushed: []Pushed{pushed(1, 9)}, Faults: []Fault{killed(Server, 16, 19)}, Absences: away},
			want: Verdict{ByStore: 1}, rules: Rules{Forgets: true},
		},
		"lost by a store that does not": {
			logs: Logs{Pushed: []Pushed{pushed(1, 9)}, Faults: []Fault{killed(Server, 16, 19)}, Absences: away},
			want: Verdict{Lost: 1},
		},
		"not to be left to the store yet": {
			logs: Logs{Pushed: []Pushed{pushed(1, 9)}, Faults: []Fault{killed(Server, 12, 15)}, Absences: away},
			want: Verdict{Lost: 1}, rules: Rules{Forgets: true},
		},
		"long in the store": {
			logs: Logs{Pushed: []Pushed{pushed(1, 9)}, Faults: []Fault{killed(Server, 40, 45)}, Absences: away},
			want: Verdict{Lost: 1}, rules: Rules{Forgets: true},
		},
		"late in the store": {
			logs: Logs{Pushed: []Pushed{pushed(1, 9)}, Faults: []Fault{killed(Gateway, 9.5, 35), killed(Server, 40, 45)}, Absences: away},
			want: Verdict{ByStore: 1}, rules: Rules{Forgets: true},
		},
		"while its user is there": {
			logs: Logs{Pushed: []Pushed{pushed(1, 9)}, Faults: []Fault{killed(Server, 12, 15)}, Absences: away[1:]},
			want: Verdict{Lost: 1}, rules: Rules{Forgets: true},
		},
		"killed when its user comes back": {
			logs: Logs{Pushed: []Pushed{pushed(1, 9)}, Faults: []Fault{killed(Server, 12, 15)}, Absences: []Absence{{"u1", at(0), at(11)}}},
			want: Verdict{ByStore: 1}, rules: Rules{Forgets: true},
		},
		"after the kill": {
			logs: Logs{Pushed: []Pushed{pushed(1, 9)}, Faults: []Fault{killed(Server, 5, 8)}, Absences: away},
			want: Verdict{Lost: 1}, rules: Rules{Forgets: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, got := Judge(&c.logs, c.rules)
			c.want.Direction, c.want.Messages = ToXMPP, len(c.logs.Pushed)
			wantVerdict(t, got, c.want)
		})
	}
}

func wantVerdict(t *testing.T, got, want Verdict) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Verdict{}, "Examples")); diff != "" {
		t.Errorf("verdict (-want +got):\n%s", diff)
	}
	bad := want.Lost + want.Pending + want.Doubled + want.Reordered + want.FalseTicks + want.FalseNoes + want.Strange
	if got.Guilty() != (bad > 0) || len(got.Examples) != bad {
		t.Errorf("guilty: %v, by %d examples; want %d", got.Guilty(), len(got.Examples), bad)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	got := Table("prosody", Verdict{Direction: ToNetwork, Messages: 12, Lost: 3}, Verdict{Direction: ToXMPP})
	lines := strings.Split(strings.TrimSpace(got), "\n")
	if len(lines) != 3 {
		t.Fatalf("the table:\n%s", got)
	}
	heads := strings.Count(lines[0], "  ")
	for _, line := range lines[1:] {
		if fields := strings.Fields(line); fields[0] != "prosody" || len(fields) != 4+len(columns) {
			t.Errorf("%d columns, %d heads:\n%s", len(fields), heads, got)
		}
	}
	if !strings.Contains(lines[1], "  12  ") || strings.Index(lines[1], "3") < strings.Index(lines[0], "LOST") {
		t.Errorf("the table:\n%s", got)
	}
}
