package registration_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"wherry/component"
	"wherry/component/form"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// What is asked of those who are not registered: XEP-0077 §3.1, XEP-0068,
// XEP-0122.
func TestGetUnregistered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.asked(phone, domain)
	if q.Child(nsRegister, "registered") != nil {
		t.Error("registered before")
	}
	if got := q.ChildText(nsRegister, "instructions"); got != "First line.\nSecond line." {
		t.Errorf("instructions %q", got)
	}
	for _, name := range []string{"username", "password"} {
		if c := q.Child(nsRegister, name); c == nil || c.Text != "" {
			t.Errorf("the plain field %s: %v", name, c)
		}
	}
	x := q.Child(form.NS, "x")
	if form.Type(x) != nsRegister || x.Attr("type") != "form" {
		t.Errorf("FORM_TYPE %q, type %q", form.Type(x), x.Attr("type"))
	}
	types := map[string]string{}
	for _, c := range x.Children {
		if c.Name == "field" {
			types[c.Attr("var")] = c.Attr("type")
		}
	}
	want := map[string]string{
		"FORM_TYPE": "hidden", "username": "text-single", "password": "text-private", "region": "list-single",
		"alerts": "boolean", "port": "text-single", "topics": "list-multi", "notes": "text-multi", "only": "list-single", "": "fixed",
	}
	if d := cmp.Diff(want, types); d != "" {
		t.Error(d)
	}
	if field(x, "username").Child(form.NS, "required") == nil || field(x, "region").Child(form.NS, "required") != nil {
		t.Error("what is required is not told")
	}
	if d := cmp.Diff([]string{"de"}, values(field(x, "region"))); d != "" {
		t.Error(d)
	}
	v := field(x, "port").Child(form.NSValidate, "validate")
	if r := v.Child(form.NSValidate, "range"); v.Attr("datatype") != "xs:integer" || r.Attr("min") != "1" || r.Attr("max") != "65535" {
		t.Error("the range of a number is not told")
	}
}

// A form that plain fields cannot stand for comes without them. XEP-0077 §4
func TestGetWithoutPlainFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(func(transports.Scope, transports.Settings) transports.Form {
		return transports.Form{Fields: []transports.Field{
			{Name: "password", Kind: transports.Secret}, {Name: "imap_host", Required: true},
		}}
	}))
	q := w.asked(phone, domain)
	if q.Child(nsRegister, "password") != nil || q.ChildText(nsRegister, "instructions") == "" {
		t.Errorf("got %v", q.Children)
	}
}

// What is asked of those who are: what is on file, and no secret. XEP-0077 §3.1.
func TestGetRegistered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signUp(phone, domain, "username", "juliet", "password", good, "region", "at", "alerts", "1", "port", "25",
		"topics", "de\nat", "notes", "a\nb")
	q := w.asked(laptop, domain)
	if q.Children[0].Name != "registered" || q.ChildText(nsRegister, "username") != "juliet" {
		t.Errorf("got %v", q.Children)
	}
	x := q.Child(form.NS, "x")
	for name, want := range map[string][]string{
		"username": {"juliet"}, "password": nil, "region": {"at"}, "alerts": {"true"}, "port": {"25"},
		"topics": {"de", "at"}, "notes": {"a", "b"},
	} {
		if d := cmp.Diff(want, values(field(x, name))); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	password := field(x, "password")
	if password.Child(form.NS, "required") != nil || !strings.Contains(password.ChildText(form.NS, "desc"), "empty") {
		t.Error("a secret on file is required again")
	}
	if other := w.asked(romeo, domain); other.Child(nsRegister, "registered") != nil || other.ChildText(nsRegister, "username") != "" {
		t.Errorf("somebody else is shown %v", other.Children)
	}
}

// Signing up: checked, stored, online, and the gateway asks for the user's
// presence. XEP-0100 §4.1.
func TestSignUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signUp(phone, domain, "FORM_TYPE", nsRegister, "username", " juliet ", "password", good, "unknown", "x", "only", "one")
	a := w.account(juliet, "")
	if a == nil || !a.Registered || a.Secrets["password"] != good {
		t.Fatalf("on file: %v", a)
	}
	want := map[string]string{"username": "juliet", "region": "de", "alerts": "", "port": "", "topics": "", "notes": "", "only": "one"}
	if d := cmp.Diff(want, a.Settings); d != "" {
		t.Error(d)
	}
	w.presence(domain, juliet, "subscribe")
	w.net.AwaitCall(t, transporttest.OpRun, 0)
	if w.account("romeo@example.org", "") != nil {
		t.Error("somebody else is registered too")
	}
}

// Fields without a form do where they suffice; beside a form they mean nothing.
// XEP-0077 §3.1.
func TestPlainFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	done(t, w.set(phone, domain, query("<username>juliet</username><password>"+good+"</password><key>x</key>")))
	if a := w.account(juliet, ""); a == nil || a.Settings["username"] != "juliet" || a.Secrets["password"] != good {
		t.Fatalf("on file: %v", a)
	}
	done(t, w.set(phone, domain, query("<username>capulet</username><password>"+bad+"</password>"+
		fields("username", "montague", "password", better))))
	if a := w.account(juliet, ""); a.Settings["username"] != "montague" || a.Secrets["password"] != better {
		t.Errorf("on file: %v", a.Settings)
	}
}

// A plain password is the one secret of a form, whatever that is called.
func TestPlainPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(func(transports.Scope, transports.Settings) transports.Form {
		return transports.Form{Fields: []transports.Field{{Name: "username"}, {Name: "token", Kind: transports.Secret, Required: true}}}
	}))
	done(t, w.set(phone, domain, query("<username>juliet</username><password>"+good+"</password>")))
	if a := w.account(juliet, ""); a == nil || a.Secrets["token"] != good {
		t.Errorf("on file: %v", a)
	}
}

// SMS-R1: fields may say which of the plain ones they are.
func TestPlainNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(func(transports.Scope, transports.Settings) transports.Form {
		return transports.Form{Fields: []transports.Field{
			{Name: "sid", Plain: "username", Required: true}, {Name: "token", Plain: "password", Kind: transports.Secret},
			{Name: "secret", Kind: transports.Secret}, {Name: "line", Plain: "phone"},
		}}
	}))
	q := w.asked(phone, domain)
	for _, name := range []string{"username", "password", "phone"} {
		if q.Child(nsRegister, name) == nil {
			t.Errorf("not asked for the %s", name)
		}
	}
	done(t, w.set(phone, domain, query("<username>AC1</username><password>"+good+"</password><phone>+15551234567</phone>")))
	a := w.account(juliet, "")
	if a == nil || a.Settings["sid"] != "AC1" || a.Secrets["token"] != good || a.Secrets["secret"] != "" || a.Settings["line"] != "+15551234567" {
		t.Errorf("on file: %v", a)
	}
}

// claiming is a service whose accounts are one user's.
type claiming struct{ *service }

func (claiming) Claims(s transports.Settings) []string {
	return []string{s["username"] + "@" + s["region"]}
}

// SMS-R3: what a network gives to one only, the second who wants it does not
// get; the first may change theirs.
func TestTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) { w.conf.Transport = claiming{w.net} })
	w.signUp(phone, domain, "username", "juliet", "password", good, "region", "at")
	got := w.set(romeo, domain, query(fields("username", "juliet", "password", good, "region", "at")))
	if e := stanza.ParseError(got.Child("", "error")); got.Type != "error" || e.Condition != stanza.Conflict || e.Code != 409 {
		t.Errorf("answered by %v", got)
	}
	if w.account("romeo@example.org", "") != nil {
		t.Error("the second is on file")
	}
	done(t, w.set(phone, domain, query(fields("username", "juliet", "password", better, "region", "at"))))
	done(t, w.set(romeo, domain, query(fields("username", "juliet", "password", good, "region", "de"))))
}

// What is wrong with a submission is told before the network is asked, and
// nothing is stored. XEP-0077 §3.1.
func TestSubmissionsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct {
		name, payload, want, says string
	}{
		{"nothing", "", "modify/not-acceptable/406", "User name"},
		{"a required field", fields("password", good), "modify/not-acceptable/406", "User name"},
		{"an empty one", fields("username", "  ", "password", good), "modify/not-acceptable/406", "User name"},
		{"a required secret", fields("username", "juliet"), "modify/not-acceptable/406", "Password"},
		{"a plain one", "<username>juliet</username>", "modify/not-acceptable/406", "Password"},
		{"no boolean", fields("username", "juliet", "password", good, "alerts", "perhaps"), "modify/bad-request/400", "Alerts"},
		{"no number", fields("username", "juliet", "password", good, "port", "many"), "modify/bad-request/400", "Port"},
		{"out of range", fields("username", "juliet", "password", good, "port", "65536"), "modify/bad-request/400", "65535"},
		{"no option", fields("username", "juliet", "password", good, "region", "fr"), "modify/bad-request/400", "Region"},
		{"not only options", fields("username", "juliet", "password", good, "topics", "de\nfr"), "modify/bad-request/400", "Topics"},
		{"two lines", fields("username", "juliet\nQUIT", "password", good), "modify/bad-request/400", "User name"},
		{"a secret of two lines", fields("username", "juliet", "password", good+"\nQUIT"), "modify/bad-request/400", "Password"},
		{"too long", fields("username", strings.Repeat("x", 5000), "password", good), "modify/bad-request/400", "User name"},
		{"no submission", "<x xmlns='jabber:x:data' type='form'/>", "modify/bad-request/400", ""},
	} {
		t.Run(tt.name, func(t *testing.T) { refused(t, w.set(phone, domain, query(tt.payload)), tt.want, tt.says) })
	}
	if got := w.net.Calls(); len(got) != 0 {
		t.Errorf("the network was asked: %v", got)
	}
	if w.account(juliet, "") != nil {
		t.Error("something was stored")
	}
	done(t, w.set(phone, domain, query("<x xmlns='jabber:x:data' type='cancel'/>")))
}

// What the network refuses, or cannot be asked, is not stored. XEP-0077 §3.1,
// XEP-0100 §4.1.
func TestNetworkRefuses(t *testing.T) {
	t.Parallel()
	network := func(kind transports.ErrorKind, says string) error {
		return &transports.Error{Kind: kind, Text: transports.Literal(says), Err: errors.New("the log's words")}
	}
	w := newWorld(t)
	for _, tt := range []struct {
		name string
		err  error
		want string
		says []string
	}{
		{"credentials", network(transports.Credentials, "Bad password."), "modify/not-acceptable/406", []string{"Bad password."}},
		{"without words", &transports.Error{Kind: transports.Credentials}, "modify/not-acceptable/406", nil},
		{"a field", fault("port", transports.Malformed, "Nothing listens there."), "modify/not-acceptable/406", []string{"Port: Nothing"}},
		{"a field's credentials", fault("password", transports.Credentials, "No."), "modify/not-acceptable/406", []string{"Password: No."}},
		{"unreachable", network(transports.Unreachable, "Down."), "wait/remote-server-timeout/504", []string{"Down."}},
		{"a host unreachable", fault("region", transports.Unreachable, "Down."), "wait/remote-server-timeout/504", []string{"Region: Down."}},
		{"the name is taken", network(transports.Conflict, "Taken."), "cancel/conflict/409", []string{"Taken."}},
		{"busy", &transports.Error{Kind: transports.Busy}, "wait/resource-constraint/500", nil},
		{"forbidden", network(transports.Forbidden, "Banned."), "auth/forbidden/403", []string{"Banned."}},
		{"our fault", errors.New("the log's words"), "wait/internal-server-error/500", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.net.Refuse(transporttest.OpVerify, tt.err)
			e := refused(t, w.register(phone, domain, "username", "juliet", "password", good), tt.want, tt.says...)
			if strings.Contains(e.Text, "the log's words") {
				t.Errorf("told %q", e.Text)
			}
			if w.account(juliet, "") != nil {
				t.Error("something was stored")
			}
		})
	}
	if !strings.Contains(w.log.String(), "the log's words") {
		t.Error("our own fault is not in the log")
	}
	w.barrier(phone)
	for _, st := range w.Drain(domain) {
		t.Errorf("unexpected: %s", dump(st))
	}
	if w.runs() != 0 {
		t.Error("a session was started")
	}
}

// Who may not use the gateway is refused everything, contacts and rooms offer
// nothing. XEP-0077 §3.1.
func TestNotForEveryone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	refused(t, w.get(paris, domain, query("")), "auth/forbidden/403")
	refused(t, w.register(paris, domain, "username", "paris", "password", good), "auth/forbidden/403")
	refused(t, w.set(paris, domain, query("<remove/>")), "auth/forbidden/403")
	if w.account("paris@elsewhere.example", "") != nil || len(w.net.Calls()) != 0 {
		t.Error("a stranger got through")
	}
	for _, to := range []string{"nurse%" + network, "#room%" + network} {
		refused(t, w.get(phone, to+"@"+domain, query("")), "cancel/service-unavailable/503")
		refused(t, w.set(phone, to+"@"+domain, query("<remove/>")), "cancel/service-unavailable/503")
	}
}

// Nobody has more accounts than the limit; a change needs no further place.
func TestAccountLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scoped, settings(func(c *component.DomainConfig) { c.Limits.Accounts = 2 }))
	w.signUp(phone, domain, "nick", "juliet")
	w.signUp(phone, onNet, "nick", "juliet", "password", good)
	third := "other.example.net@" + domain
	refused(t, w.register(phone, third, "nick", "juliet"), "cancel/not-allowed/405", "Remove one")
	if w.account(juliet, "other.example.net") != nil {
		t.Error("stored")
	}
	w.signUp(phone, onNet, "nick", "jule", "password", good)
	w.signUp(romeo, third, "nick", "romeo")
	done(t, w.set(phone, onNet, query("<remove/>")))
	w.signUp(phone, third, "nick", "juliet")
}

// Each network of a user has an account of its own.
func TestNetworkAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scoped)
	w.signUp(phone, onNet, "nick", "jule", "password", good)
	if w.account(juliet, "") != nil || w.account(juliet, network) == nil {
		t.Fatal("the wrong account was made")
	}
	if q := w.asked(phone, domain); q.Child(nsRegister, "registered") != nil {
		t.Error("registered with the gateway as well")
	}
	if q := w.asked(phone, onNet); q.Child(nsRegister, "registered") == nil || q.ChildText(nsRegister, "nick") != "jule" {
		t.Error("not registered with the network")
	}
	refused(t, w.register(phone, onNet, "nick", "jule", "password", bad), "modify/not-acceptable/406", "Password")
}

// Texts and labels come in the language that was asked in, or else was spoken
// last.
func TestLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.id()
	w.send("<iq type='get' id='%s' xml:lang='de-AT' from='%s' to='%s'>%s</iq>", id, phone, domain, query(""))
	x := w.answer(id).Child(nsRegister, "query").Child(form.NS, "x")
	if got := x.ChildText(form.NS, "title"); got != "Ihre Konten" {
		t.Errorf("title %q", got)
	}
	if got := field(x, "username").Attr("label"); got != "Benutzername" {
		t.Errorf("label %q", got)
	}
	id = w.id()
	w.send("<iq type='set' id='%s' xml:lang='de' from='%s' to='%s'>%s</iq>", id, phone, domain, query(fields("password", good)))
	if e := refused(t, w.answer(id), "modify/not-acceptable/406"); e.Text != "Benutzername fehlt." || e.Lang != "de" {
		t.Errorf("got %q in %q", e.Text, e.Lang)
	}
	if e := refused(t, w.set(phone, domain, query("<remove/>")), "auth/registration-required/407"); e.Lang == "" {
		t.Error("no language")
	}
}

// Requests of one user are taken one after the other, those of different users
// are not.
func TestOneAfterTheOther(t *testing.T) {
	t.Parallel()
	const each = 6
	entered, leave := make(chan string), make(chan bool)
	w := newWorld(t, verifying(func(_ context.Context, _ transports.Scope, s transports.Settings) (transports.Answer, error) {
		entered <- s["username"]
		<-leave
		return transports.Answer{Settings: s}, nil
	}))
	var ids []string
	for i := range each {
		from := []string{phone, laptop}[i%2]
		ids = append(ids, w.ask("set", from, domain, query(fields("username", fmt.Sprintf("juliet%d", i), "password", good))))
	}
	first := <-entered
	ids = append(ids, w.ask("set", romeo, domain, query(fields("username", "romeo", "password", good))))
	if second := <-entered; second != "romeo" {
		t.Fatalf("%s beside %s", second, first)
	}
	leave <- true
	leave <- true
	last := first
	for range each - 1 {
		last = <-entered
		leave <- true
	}
	for _, id := range ids {
		done(t, w.answer(id))
	}
	if a := w.account(juliet, ""); a.Settings["username"] != last {
		t.Errorf("%s is in force, but %s came last", a.Settings["username"], last)
	}
}

// Whatever is submitted is answered once, errors have their number, and the
// gateway stays alive.
func TestOddSubmissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := rapid.Custom(func(r *rapid.T) string { return stanza.Filter(rapid.String().Draw(r, "text")) })
	name := rapid.OneOf(rapid.SampledFrom([]string{"username", "password", "port", "topics", "notes", "FORM_TYPE", ""}), text)
	rapid.Check(t, func(r *rapid.T) {
		iq := w.register(phone, domain, name.Draw(r, "a"), text.Draw(r, "to a"), name.Draw(r, "b"), text.Draw(r, "to b"), "password", good)
		if e := stanza.ParseError(iq.Child("", "error")); iq.Type == "error" && (e.Code == 0 || e.Text == "") {
			r.Errorf("no number or text: %s", dump(iq))
		}
	})
}

// A form that is longer than a stanza may be is answered by an error.
func TestFormTooLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(func(_ transports.Scope, on transports.Settings) transports.Form {
		return transports.Form{Fields: []transports.Field{
			{Name: "a", Kind: transports.Lines, Value: on["a"]}, {Name: "b", Kind: transports.Lines, Value: on["b"]},
		}}
	}))
	long := strings.Repeat("&\n", 10<<10)
	w.signUp(phone, domain, "a", long, "b", long)
	iq := w.get(phone, domain, query(""))
	if e := stanza.ParseError(iq.Child("", "error")); iq.Type != "error" || e.Condition != stanza.PolicyViolation || e.Text == "" {
		t.Errorf("got %.300s", dump(iq))
	}
}

// A network that says a lot is quoted in part.
func TestRefusalTooLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(brief))
	w.net.Refuse(transporttest.OpVerify, &transports.Error{Kind: transports.Credentials, Text: transports.Literal("No" + strings.Repeat("☃", 50<<10))})
	e := refused(t, w.register(phone, domain, "username", "juliet", "password", good), "modify/not-acceptable/406", "No☃☃")
	if len(e.Text) > 4000 || strings.ContainsRune(e.Text, '\uFFFD') {
		t.Errorf("%d bytes, ending in %q", len(e.Text), e.Text[len(e.Text)-10:])
	}
}
