package irc

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// crowd returns the lines that a server sends who lets alice into a channel of n.
func crowd(n int) []string {
	lines := []string{":alice!a@h JOIN #crowd"}
	var names strings.Builder
	for i := range n {
		if names.Len() > 380 {
			lines = append(lines, ":s 353 alice = #crowd :"+names.String())
			names.Reset()
		}
		fmt.Fprintf(&names, "member%05d!~user%05d@host-%05d.example.net ", i, i, i)
	}
	return append(lines, ":s 353 alice = #crowd :"+names.String(), ":s 366 alice #crowd :end")
}

const crowdSize = 10_000

// BenchmarkJoin joins a channel of 10,000, and tells what an occupant costs: kept
// by one connection alone, and by a further one of the same network.
func BenchmarkJoin(b *testing.B) {
	lines := crowd(crowdSize)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	join := func() *conn {
		c := newTestConn(b, nil)
		c.feedLines(b, lines...)
		return c
	}
	before := heap()
	first := join()
	alone := heap()
	second := join()
	both := heap()
	for b.Loop() {
		join()
	}
	runtime.KeepAlive(first)
	runtime.KeepAlive(second)
	b.ReportMetric(float64(alone-before)/crowdSize, "B/occupant")
	b.ReportMetric(float64(both-alone)/crowdSize, "B/occupant-again")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/crowdSize, "ns/occupant")
}
