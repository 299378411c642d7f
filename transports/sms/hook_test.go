package sms_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

const (
	hook = "https://gw.example/hook/abc"
	ours = hook + "#rc=5&rp=ct,rt,5xx"
)

var before = provider.Hook{URL: "https://old.example/sms", Method: "GET", Other: map[string]string{"fallback": "x"}}

// hooked has a life with a hook, and a provider that called elsewhere before.
func hooked(t *testing.T, f func(t *testing.T, l *life)) {
	bubble(t, func(t *testing.T, l *life) {
		l.account.Hook = hook
		l.c.hooks[home] = before
		f(t, l)
	})
}

// SMS-R3: where the provider called before is saved before we change it; a
// second start changes nothing; Forget puts it back.
func TestInstall(t *testing.T) {
	hooked(t, func(t *testing.T, l *life) {
		l.c.fail("SetHook", &transports.Error{Kind: transports.Unreachable})
		l.start()
		if err := l.stop(); err == nil || l.saved["hook."+home] == nil {
			t.Errorf("Run = %v, saved %q: the save comes first", err, l.log)
		}
		l.c.fail("SetHook", nil)
		l.start()
		if got := l.c.hookOf(home); got.URL != ours || got.Method != "POST" {
			t.Errorf("the hook is %+v", got)
		}
		_ = l.stop()
		l.c.done()
		l.start()
		if did := l.c.done(); slices.Contains(did, "SetHook "+home) {
			t.Errorf("a second start: %q", did)
		}
		_ = l.stop()
		if err := l.tr.Forget(t.Context(), l.account, l.saved); err != nil {
			t.Fatal(err)
		}
		if got := l.c.hookOf(home); got.URL != before.URL || got.Method != "GET" || got.Other["fallback"] != "x" {
			t.Errorf("after Forget: %+v", got)
		}
	})
}

// SMS-R3: what the user set meanwhile stays.
func TestForgetLeavesOthers(t *testing.T) {
	hooked(t, func(t *testing.T, l *life) {
		l.start()
		_ = l.stop()
		other := provider.Hook{URL: "https://third.example"}
		l.c.hooks[home] = other
		if err := l.tr.Forget(t.Context(), l.account, l.saved); err != nil || l.c.hookOf(home).URL != other.URL {
			t.Errorf("Forget = %v, the hook is %+v", err, l.c.hookOf(home))
		}
	})
}

// A hook of ours under another URL is not taken for what was before.
func TestInstallElsewhere(t *testing.T) {
	hooked(t, func(t *testing.T, l *life) {
		l.start()
		_ = l.stop()
		l.account.Hook = "https://new.example/hook/abc"
		l.start()
		_ = l.stop()
		if !strings.HasPrefix(l.c.hookOf(home).URL, l.account.Hook) {
			t.Errorf("the hook is %+v", l.c.hookOf(home))
		}
		if err := l.tr.Forget(t.Context(), l.account, l.saved); err != nil || l.c.hookOf(home).URL != before.URL {
			t.Errorf("Forget = %v, the hook is %+v", err, l.c.hookOf(home))
		}
	})
}

// What is not to call any more does not: another way to receive, or a line less.
func TestRestore(t *testing.T) {
	hooked(t, func(t *testing.T, l *life) {
		l.account.Settings = settings("lines", work)
		l.start()
		_ = l.stop()
		if !strings.HasPrefix(l.c.hookOf(work).URL, hook) {
			t.Fatalf("the second line: %+v", l.c.hookOf(work))
		}
		l.account.Settings = settings()
		l.start()
		_ = l.stop()
		if got := l.c.hookOf(work); got.URL != "" || l.saved["hook."+work] != nil || l.c.hookOf(home).URL != ours {
			t.Errorf("a line less: %+v, %v", got, l.saved)
		}
		l.account.Settings = settings("webhook", "poll")
		l.start()
		if got := l.c.hookOf(home); got.URL != before.URL || l.saved["hook."+home] != nil {
			t.Errorf("polling: %+v, %v", got, l.saved)
		}
	})
}

// SMS-R3: what stands in the way of calls is told once, and the line is asked
// every minute.
func TestProblem(t *testing.T) {
	for name, set := range map[string]func(*life){
		"another service": func(l *life) {
			h := l.c.hooks[home]
			h.Problem = transports.T("A service has this line.")
			l.c.hooks[home] = h
		},
		"may not": func(l *life) { l.c.fail("SetHook", &transports.Error{Kind: transports.Forbidden}) },
	} {
		t.Run(name, func(t *testing.T) {
			hooked(t, func(t *testing.T, l *life) {
				set(l)
				l.start()
				if got := texts(l.took()); len(got) != 1 {
					t.Errorf("told %q", got)
				}
				looks := len(l.c.listed())
				l.pass(5*time.Minute + time.Second)
				if n := len(l.c.listed()) - looks; n < 4 {
					t.Errorf("looked %d times in five minutes", n)
				}
				_ = l.stop()
				l.start()
				if got := texts(l.took()); len(got) != 0 {
					t.Errorf("told again: %q", got)
				}
			})
		})
	}
}

// Where the user tells the provider, the user is told the URL, once.
func TestManual(t *testing.T) {
	hooked(t, func(t *testing.T, l *life) {
		l.account.Settings = settings("webhook", "manual")
		for _, want := range []int{1, 0} {
			l.start()
			got := texts(l.took())
			if len(got) != want || want == 1 && !strings.Contains(got[0], hook) {
				t.Errorf("told %q", got)
			}
			_ = l.stop()
		}
		if did := l.c.done(); slices.Contains(did, "SetHook "+home) {
			t.Errorf("did %q", did)
		}
		for name, value := range l.saved {
			if strings.Contains(string(value), hook) {
				t.Errorf("the save %s shows the hook", name)
			}
		}
	})
}

// Without a hook nothing is set.
func TestNoHook(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.start()
		if did := l.c.done(); slices.Contains(did, "Hooked "+home) {
			t.Errorf("did %q", did)
		}
	})
}

// A line that is no longer there cannot be put back: that ends nothing, and is
// not tried again; a provider that cannot be reached is asked again.
func TestRestoreFails(t *testing.T) {
	for kind, gone := range map[transports.ErrorKind]bool{transports.NotFound: true, transports.Unreachable: false} {
		hooked(t, func(t *testing.T, l *life) {
			l.start()
			_ = l.stop()
			l.account.Settings = settings("webhook", "poll")
			l.c.fail("Hooked", &transports.Error{Kind: kind})
			l.start()
			if err := l.stop(); (err == nil) != gone || (l.saved["hook."+home] == nil) != gone {
				t.Errorf("%v: Run = %v, saved %q", kind, err, l.saved["hook."+home])
			}
			if err := l.tr.Forget(t.Context(), l.account, l.saved); (err == nil) != gone {
				t.Errorf("%v: Forget = %v", kind, err)
			}
		})
	}
}
