//go:build soak

package soak

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/transports/sms/twiliotest"
)

const (
	loadAccounts = 4                // at Twilio; the users are spread over them
	loadPhones   = 3                // that each user talks to
	loadPace     = 20               // messages a second each way, in all
	warm         = 10 * time.Second // until memory is looked at for the first time
	callWithin   = 15 * time.Second // Twilio waits no longer
)

// TestSoakSMSLoad has many users text and be texted at a steady pace. Every call
// of Twilio's is answered in time, at the first attempt; nothing is lost, comes
// twice or out of order; and the memory of the gateway does not grow. SMS-I1,
// SMS-I11, SMS-S3, SMS-D1
//
//	SOAK_SERVER=NAME as in TestSoakCrashes
//	SOAK_USERS=N     default 200
//	SOAK_SECONDS=N   default 60
func TestSoakSMSLoad(t *testing.T) { onEach(t, smsLoad) }

func smsLoad(t *testing.T, s server) {
	users, seconds := number(t, "SOAK_USERS", 200), number(t, "SOAK_SECONDS", 60)
	w := worldtest.New(t)
	const gateway, people = "sms.example.test", "crowd.example.test"
	x := startServer(t, w, plan{server: s}, gateway, people)
	watch := &stopwatch{next: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}
	tw := twiliotest.New(t, twiliotest.Config{Transport: watch, Keep: 1 << 20})
	g := startLoaded(t, w, x, tw, gateway, people)
	c := gather(t, x.ComponentAddr, people, gateway)
	c.await(userName(0))

	begin := time.Now()
	owners := register(t, c, tw, users)
	lines := make([]string, users) // by user
	for line, user := range owners {
		i, _ := strconv.Atoi(user[1:])
		lines[i-1] = line
	}
	watch.reset()
	t.Logf("%d users registered in %v", users, time.Since(begin).Round(100*time.Millisecond))

	before := usage(t, g.PID())
	var at10 process
	phone := func(user, i int) string { return fmt.Sprintf("+1628555%04d", (user*loadPhones+i)%10000) }
	tick := time.NewTicker(time.Second / loadPace)
	defer tick.Stop()
	begin = time.Now()
	var pushed int
	for n := 0; time.Since(begin) < time.Duration(seconds)*time.Second; n++ {
		<-tick.C
		user, other := n%users, n/users%loadPhones
		c.say(Chat{userName(user), phone(user, other)})
		pushed++
		tw.Receive(phone(user, other), lines[user], fmt.Sprintf(pushedBody, n/users/loadPhones+1))
		if at10.rss == 0 && time.Since(begin) > warm {
			at10 = usage(t, g.PID())
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	err := c.until(ctx, func(l *Logs) bool { return len(l.Ticks)+len(l.Noes) >= len(l.Said) && len(l.Shown) >= pushed })
	if err != nil {
		t.Errorf("not all has arrived: %v", err)
	}
	must(t, tw.Settled(ctx))
	took, end := time.Since(begin), usage(t, g.PID())
	toNetwork, toXMPP := Judge(loadLogs(t, c, tw, owners), Rules{})
	calls := inTime(t, tw, watch)

	t.Logf("%d users, %d messages each way in %v:\n%s%s", users, toNetwork.Messages, took.Round(time.Second),
		Table(s.name, toNetwork, toXMPP), loadTable(calls, watch.all(), at10, end, end.cpu-before.cpu, toNetwork.Messages+toXMPP.Messages))
	for _, v := range []*Verdict{&toNetwork, &toXMPP} {
		for _, example := range v.Examples {
			t.Errorf("%s: %s", v.Direction, example)
		}
		if v.Messages == 0 || v.Arrived != v.Messages {
			t.Errorf("%s: %d of %d arrived", v.Direction, v.Arrived, v.Messages)
		}
	}
	const mayGrow = 32 << 20
	if at10.rss > 0 && end.rss > at10.rss+mayGrow {
		t.Errorf("the gateway had %s after %v and has %s", mega(at10.rss), warm, mega(end.rss))
	}
}

func startLoaded(t *testing.T, w *world.World, x *world.XMPP, tw *twiliotest.Server, domain, users string) *world.Gateway {
	t.Helper()
	path, err := binary()
	must(t, err)
	port, err := world.FreePort("127.0.0.1")
	must(t, err)
	listen := fmt.Sprintf("127.0.0.1:%d", port)
	g, err := w.Gateway(world.GatewayConfig{
		Binary: path,
		Components: []world.Component{{
			Domain: domain, Secret: secret(domain), Server: x.ComponentAddr, Transport: "sms", Lines: fmt.Sprintf("allow = [%q]", users),
			Network: fmt.Sprintf("twilio_url = %q\nallow_private_hosts = true", tw.URL),
		}},
		Lines: fmt.Sprintf("[http]\nlisten = %q\npublic_url = %q\n", listen, "http://"+listen),
	})
	must(t, err)
	return g
}

// register registers users, each with a number, and waits until all are called.
// It returns their names by their numbers.
func register(t *testing.T, c *crowd, tw *twiliotest.Server, users int) map[string]string {
	t.Helper()
	accounts := make([]twiliotest.Account, loadAccounts)
	for i := range accounts {
		accounts[i] = tw.AddAccount(twiliotest.Account{})
	}
	owners := make(map[string]string)
	var all sync.WaitGroup
	some := make(chan struct{}, 8)
	for i := range users {
		a, line := accounts[i%len(accounts)], freshNumber()
		tw.AddNumber(twiliotest.Number{Account: a.SID, Number: line, SMS: true})
		owners[line] = userName(i)
		some <- struct{}{}
		all.Go(func() {
			defer func() { <-some }()
			c.signUp(userName(i), [][2]string{{"account_sid", a.SID}, {"auth_token", a.Token}, {"line", line}})
		})
	}
	all.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	must(t, tw.Wait(ctx, func() bool {
		for line := range owners {
			if n, _ := tw.Number(line); n.SMSURL == "" {
				return false
			}
		}
		return tw.Count(twiliotest.OpList) >= 2*users
	}))
	return owners
}

// loadLogs are what both ends noted.
func loadLogs(t *testing.T, c *crowd, tw *twiliotest.Server, owners map[string]string) *Logs {
	t.Helper()
	c.mu.Lock()
	e := &exchange{t: t, twilio: tw, tap: new(tap), owners: owners}
	logs := c.logs
	c.mu.Unlock()
	ends := e.logs()
	logs.Taken, logs.Pushed = ends.Taken, ends.Pushed
	return &logs
}

// inTime wants all calls to be answered by a success at the first attempt, and
// within the time that Twilio gives. It returns how many there were.
func inTime(t *testing.T, tw *twiliotest.Server, watch *stopwatch) (calls int) {
	t.Helper()
	for _, c := range tw.Calls() {
		calls++
		if c.Attempt > 0 || c.Status/100 != 2 || c.Alert != 0 || len(c.Billed) > 0 {
			t.Errorf("a call (%s) was answered %d at attempt %d: %v", c.Kind, c.Status, c.Attempt+1, c.Err)
		}
	}
	all := watch.all()
	if len(all) == 0 || all[len(all)-1] > callWithin {
		t.Errorf("of %d calls the slowest took too long", len(all))
	}
	return calls
}

// stopwatch takes the time of each request.
type stopwatch struct {
	next http.RoundTripper

	mu   sync.Mutex // guards took
	took []time.Duration
}

func (s *stopwatch) RoundTrip(r *http.Request) (*http.Response, error) {
	begin := time.Now()
	answer, err := s.next.RoundTrip(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took = append(s.took, time.Since(begin))
	return answer, err
}

func (s *stopwatch) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took = nil
}

// all returns what requests took, the fastest first.
func (s *stopwatch) all() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.took))
}

// process is what a process uses.
type process struct {
	rss int64         // bytes
	cpu time.Duration // since its start
}

// usage reads proc_pid_stat(5).
func usage(t *testing.T, pid int) process {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	must(t, err)
	_, rest, _ := bytes.Cut(stat, []byte(") ")) // behind the name: fields 3 and on
	fields := strings.Fields(string(rest))
	field := func(n int) int64 {
		v, err := strconv.ParseInt(fields[n-3], 10, 64)
		must(t, err)
		return v
	}
	const ticks = 100 // a second, as on every Linux (sysconf(3), _SC_CLK_TCK)
	return process{rss: field(24) * int64(os.Getpagesize()), cpu: time.Duration(field(14)+field(15)) * time.Second / ticks}
}

func mega(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }

// loadTable shows what a load cost.
func loadTable(calls int, took []time.Duration, at10, end process, cpu time.Duration, messages int) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	at := func(part float64) time.Duration {
		if len(took) == 0 {
			return 0
		}
		return took[int(part*float64(len(took)-1))].Round(100 * time.Microsecond)
	}
	fmt.Fprintln(w, "calls\tmedian\t99 %\tworst\tRSS at 10 s\tRSS at the end\tCPU\tCPU per message")
	fmt.Fprintf(w, "%d\t%v\t%v\t%v\t%s\t%s\t%v\t%v\n", calls, at(0.5), at(0.99), at(1),
		mega(at10.rss), mega(end.rss), cpu, (cpu / time.Duration(max(1, messages))).Round(time.Microsecond))
	w.Flush() // a strings.Builder takes everything
	return b.String()
}
