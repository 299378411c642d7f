package registration_test

import (
	"testing"
	"time"

	"wherry/component/jid"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// online waits until Juliet's one account has logged in n times, the present
// session included.
func (w *world) online(n int) *transporttest.Session {
	w.Helper()
	key := w.net.AwaitCall(w, transporttest.OpRun, n-1).Account
	return w.net.AwaitSession(w, key)
}

// A change with an empty secret keeps the one on file, and the session starts
// again with what is new. XEP-0100 §4.2, XEP-0077 §3.3.
func TestChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signUp(phone, domain, "username", "juliet", "password", good)
	before := w.online(1)
	made := w.account(juliet, "").Created

	w.signUp(laptop, domain, "username", "capulet", "password", "", "port", "25")
	a := w.account(juliet, "")
	if a.Settings["username"] != "capulet" || a.Settings["port"] != "25" || a.Secrets["password"] != good || !a.Created.Equal(made) {
		t.Errorf("on file: %v, %v", a.Settings, a.Created)
	}
	after := w.online(2)
	if after == before || after.Account.Settings["username"] != "capulet" || after.Account.Settings["password"] != good {
		t.Errorf("the session has %q", after.Account.Settings["username"])
	}
	w.signUp(phone, domain, "username", "capulet", "password", better)
	if a := w.account(juliet, ""); a.Secrets["password"] != better || a.Settings["port"] != "25" {
		t.Errorf("on file: %v", a.Settings)
	}
	if s := w.online(3); s.Account.Settings["password"] != better {
		t.Error("the session has the old password")
	}
}

// A change that fails leaves all as it was: what is on file, and the session.
// XEP-0100 §4.2
func TestFailedChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signUp(phone, domain, "username", "juliet", "password", good)
	session := w.online(1)

	refused(t, w.register(phone, domain, "username", "capulet", "password", bad), "modify/not-acceptable/406", "Password")
	w.net.Refuse(transporttest.OpVerify, &transports.Error{Kind: transports.Unreachable})
	refused(t, w.register(phone, domain, "username", "capulet", "password", better), "wait/remote-server-timeout/504")
	refused(t, w.register(phone, domain, "username", "", "password", better), "modify/not-acceptable/406")

	if a := w.account(juliet, ""); a.Settings["username"] != "juliet" || a.Secrets["password"] != good {
		t.Errorf("on file: %v", a.Settings)
	}
	w.barrier(phone)
	if err := session.Emit(); err != nil || w.runs() != 1 || w.net.Session(session.Account.Key) != session {
		t.Errorf("the session was touched: %v, %d log-ins", err, w.runs())
	}
}

// A password changes with its user name, and not with half of that. XEP-0077
// §3.3.
func TestPasswordChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signUp(phone, domain, "username", "juliet", "password", good, "port", "25")
	refused(t, w.set(phone, domain, query("<password>"+better+"</password>")), "modify/bad-request/400")
	refused(t, w.set(phone, domain, query("<username>juliet</username>")), "modify/bad-request/400")
	if a := w.account(juliet, ""); a.Secrets["password"] != good {
		t.Fatal("half a change was made")
	}
	done(t, w.set(phone, domain, query("<username>juliet</username><password>"+better+"</password>")))
	if a := w.account(juliet, ""); a.Secrets["password"] != better || a.Settings["port"] != "25" {
		t.Errorf("on file: %v", a.Settings)
	}
	done(t, w.set(phone, domain, query("<username>juliet</username><password/>")))
	if a := w.account(juliet, ""); a.Secrets["password"] != better {
		t.Error("an empty password did not keep the old one")
	}
}

// suspend has Juliet take the gateway off her roster.
func (w *world) suspend() {
	w.Helper()
	w.send("<presence type='subscribe' from='%s' to='%s'/>", juliet, domain)
	w.presence(domain, juliet, "subscribed")
	w.send("<presence type='unsubscribe' from='%s' to='%s'/>", juliet, domain)
	w.barrier(phone)
}

// A suspended account shows nothing of itself and asks for its secrets again.
// Who knows them has it back.
func TestResume(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signUp(phone, domain, "username", "juliet", "password", good, "port", "25")
	w.online(1)
	id := w.account(juliet, "").ID
	w.suspend()
	if a := w.account(juliet, ""); a == nil || a.Suspended.IsZero() {
		t.Fatal("not suspended")
	}
	q := w.asked(phone, domain)
	if q.Child(nsRegister, "registered") != nil || q.ChildText(nsRegister, "username") != "" {
		t.Errorf("a suspended account shows %v", q.Children)
	}
	refused(t, w.register(phone, domain, "username", "juliet"), "modify/not-acceptable/406", "Password")
	w.signUp(phone, domain, "username", "juliet", "password", good)
	a := w.account(juliet, "")
	if a.ID != id || !a.Suspended.IsZero() || a.Settings["port"] != "" {
		t.Errorf("on file: %d of %d, suspended %v, %v", a.ID, id, a.Suspended, a.Settings)
	}
	w.online(2)
}

// Who does not know the secrets of a suspended account may be another owner of
// the JID: they begin anew, and inherit nothing.
func TestNextOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signUp(phone, domain, "username", "oldowner", "password", good)
	w.online(1)
	old := w.account(juliet, "")
	w.suspend()
	w.clock.Add(int64(time.Hour))
	w.signUp(phone, domain, "username", "juliet", "password", better)
	a := w.account(juliet, "")
	if a.ID == old.ID || a.Secrets["password"] != better || a.Created.Before(old.Created.Add(time.Hour)) {
		t.Errorf("on file: %v, made %v", a, a.Created)
	}
	w.online(2)
	if got := w.remnants("oldowner"); len(got) != 0 {
		t.Errorf("the old owner's traces: %v", got)
	}
	w.presence(domain, juliet, "unsubscribed")
}

// A default account that is not resumed takes no other account with it that is
// in use again.
func TestNextOwnerOfOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scoped, asking(brief))
	w.signUp(phone, domain, "username", "juliet", "password", good)
	w.signUp(phone, onNet, "username", "juliet", "password", good)
	w.suspend()
	w.signUp(phone, onNet, "username", "juliet", "password", good)
	kept := w.account(juliet, network).ID
	w.signUp(phone, domain, "username", "juliet", "password", better)
	if a := w.account(juliet, network); a == nil || a.ID != kept || !a.Suspended.IsZero() {
		t.Errorf("the network's account: %v", a)
	}
	if a := w.account(juliet, ""); a == nil || a.Secrets["password"] != better {
		t.Errorf("the default account: %v", a)
	}
}

// Secrets that the network added by itself are sealed like those that were
// asked for, never shown, and prove nothing.
func TestAddedSecrets(t *testing.T) {
	t.Parallel()
	tokens := []string{mark + "token-1", mark + "token-2", mark + "token-3"}
	w := newWorld(t, asking(brief), verifying(rotating(tokens)))
	w.signUp(phone, domain, "username", "juliet", "password", good)
	id := w.account(juliet, "").ID
	if a := w.account(juliet, ""); a.Secrets["token"] != tokens[0] || a.Settings["token"] != "" {
		t.Errorf("on file: %v", a.Settings)
	}
	w.asked(phone, domain)
	w.signUp(phone, domain, "username", "juliet", "password", "")
	if a := w.account(juliet, ""); a.Secrets["token"] != tokens[1] || a.Secrets["password"] != good {
		t.Error("a change did not renew what the network added")
	}
	w.suspend()
	w.signUp(phone, domain, "username", "juliet", "password", good)
	if a := w.account(juliet, ""); a.ID != id || a.Secrets["token"] != tokens[2] {
		t.Error("not resumed")
	}
}

// An account that was made by use becomes a registered one.
func TestGuestSignsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scoped)
	w.send("<presence from='%s' to='#room%%%s/jule'><x xmlns='http://jabber.org/protocol/muc'/></presence>", phone, onNet)
	w.presence("#room%"+onNet+"/jule", phone, "")
	q := w.asked(phone, onNet)
	if q.Child(nsRegister, "registered") != nil {
		t.Error("a guest counts as registered")
	}
	refused(t, w.set(phone, onNet, query("<remove/>")), "auth/registration-required/407")
	w.signUp(phone, onNet, "nick", "juliet", "password", good)
	if a := w.account(juliet, network); a == nil || !a.Registered || a.Settings["nick"] != "juliet" {
		t.Errorf("on file: %v", a)
	}
	if online, problem := w.gate.Domain(domain).Online(t.Context(), jid.MustParse(juliet), network); problem != nil {
		t.Errorf("online %v: %v", online, problem)
	}
}
