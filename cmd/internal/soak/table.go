package soak

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// columns are those of the table, with what must not be at the end.
var columns = []struct {
	head  string
	count func(*Verdict) int
}{
	{"messages", func(v *Verdict) int { return v.Messages }},
	{"arrived", func(v *Verdict) int { return v.Arrived }},
	{"refused", func(v *Verdict) int { return v.Refused }},
	{"repeated", func(v *Verdict) int { return v.Repeated }},
	{"(in flight)", func(v *Verdict) int { return v.InFlight }},
	{"(by server)", func(v *Verdict) int { return v.ByServer }},
	{"(by store)", func(v *Verdict) int { return v.ByStore }},
	{"(untold)", func(v *Verdict) int { return v.Untold }},
	{"(late)", func(v *Verdict) int { return v.Late }},
	{"LOST", func(v *Verdict) int { return v.Lost }},
	{"PENDING", func(v *Verdict) int { return v.Pending }},
	{"DOUBLED", func(v *Verdict) int { return v.Doubled }},
	{"REORDERED", func(v *Verdict) int { return v.Reordered }},
	{"FALSE TICKS", func(v *Verdict) int { return v.FalseTicks }},
	{"FALSE NOES", func(v *Verdict) int { return v.FalseNoes }},
	{"STRANGE", func(v *Verdict) int { return v.Strange }},
}

// Table shows verdicts, one a line. What stands in brackets cannot be helped;
// what stands in capitals must be nothing.
func Table(server string, verdicts ...Verdict) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "server\tdirection")
	for _, c := range columns {
		fmt.Fprint(w, "\t", c.head)
	}
	fmt.Fprintln(w)
	for i := range verdicts {
		fmt.Fprintf(w, "%s\t%s", server, verdicts[i].Direction)
		for _, c := range columns {
			fmt.Fprint(w, "\t", c.count(&verdicts[i]))
		}
		fmt.Fprintln(w)
	}
	w.Flush() // a strings.Builder takes everything
	return b.String()
}
