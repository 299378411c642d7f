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

// moved has a life that moved from one account with a line to another, whose
// credentials say nothing there.
func moved(t *testing.T, f func(t *testing.T, l *life)) {
	hooked(t, func(t *testing.T, l *life) {
		l.c.tokens = map[string]string{"AC1": token, "AC2": "other-secret"}
		l.c.owners = map[string]string{home: "AC1", work: "AC2"}
		register := func(with ...string) {
			t.Helper()
			submitted := cloned(l.account.Settings)
			for i := 0; i < len(with); i += 2 {
				submitted[with[i]] = with[i+1]
			}
			answer, err := l.tr.Verify(t.Context(), "", submitted)
			if err != nil {
				t.Fatal(err)
			}
			l.account.Settings = answer.Settings
		}
		register()
		l.start()
		_ = l.stop()
		if l.c.hookOf(home).URL != ours {
			t.Fatalf("the hook is %+v", l.c.hookOf(home))
		}
		register("account_sid", "AC2", "auth_token", "other-secret", "line", work)
		f(t, l)
		register("max_segments", "5")
		if s := l.account.Settings; s["former_account"] != "" || s["former_token"] != "" {
			t.Errorf("another change: the account before is still on file: %v", s)
		}
	})
}

// SMS-R3: who moves to another account leaves no hook of ours at the one before.
func TestMove(t *testing.T) {
	moved(t, func(t *testing.T, l *life) {
		l.c.fail("SetHook", &transports.Error{Kind: transports.Unreachable})
		l.start()
		_ = l.stop()
		if l.saved["hook."+home] == nil {
			t.Error("it is forgotten though it was not put back")
		}
		l.c.fail("SetHook", nil)
		l.start()
		if got := l.c.hookOf(home); got.URL != before.URL || got.Other["fallback"] != "x" || l.saved["hook."+home] != nil {
			t.Errorf("the hook is %+v, saved %q", got, l.saved["hook."+home])
		}
		if got := l.c.hookOf(work); got.URL != ours {
			t.Errorf("the new one is %+v", got)
		}
		if err := l.stop(); err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

// SMS-R3: it is put back at the removal, too; an account that takes no log-in
// any more is not tried for ever, and keeps nobody offline.
func TestMoveAndForget(t *testing.T) {
	moved(t, func(t *testing.T, l *life) {
		if err := l.tr.Forget(t.Context(), l.account, l.saved); err != nil || l.c.hookOf(home).URL != before.URL {
			t.Errorf("Forget = %v, the hook is %+v", err, l.c.hookOf(home))
		}
	})
	for name, settings := range map[string]func(transports.Settings){
		"closed":       func(s transports.Settings) { s["former_token"] = "wrong" },
		"not known":    func(s transports.Settings) { delete(s, "former_account") },
		"another's by": func(s transports.Settings) { s["former_account"] = "AC3" },
	} {
		moved(t, func(t *testing.T, l *life) {
			settings(l.account.Settings)
			l.start()
			if err := l.stop(); err != nil || l.saved["hook."+home] != nil || l.c.hookOf(work).URL != ours {
				t.Errorf("%s: Run = %v, saved %q, the new hook is %+v", name, err, l.saved["hook."+home], l.c.hookOf(work))
			}
		})
	}
}

// SMS-R3: a hook of ours is known as such wherever the gateway was reached when
// it was set, also after a crash between the save and the change.
func TestInstallElsewhereFails(t *testing.T) {
	hooked(t, func(t *testing.T, l *life) {
		l.start()
		_ = l.stop()
		for i := range 3 {
			l.account.Hook = "https://new" + string(rune('0'+i)) + ".example/hook/abc"
			l.c.fail("SetHook", &transports.Error{Kind: transports.Unreachable})
			l.start()
			_ = l.stop()
		}
		l.c.fail("SetHook", nil)
		if err := l.tr.Forget(t.Context(), l.account, l.saved); err != nil || l.c.hookOf(home).URL != before.URL {
			t.Errorf("Forget = %v, the hook is %+v", err, l.c.hookOf(home))
		}
	})
}
