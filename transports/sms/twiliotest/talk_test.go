package twiliotest_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"wherry/transports/sms/twiliotest"
)

// grouped opens a world whose account may have group texts.
func grouped(t *testing.T, cfg twiliotest.Config) *world {
	t.Helper()
	w := open(t, cfg)
	w.account = w.AddAccount(twiliotest.Account{SID: w.account.SID, Token: w.account.Token, GroupMMS: true})
	return w
}

// talk makes a request to the API of Conversations.
func (w *world) talk(method, path string, form url.Values) (int, object) {
	w.t.Helper()
	resp, o := w.as(w.account.SID, w.account.Token, method, "/v1/"+path, form)
	return resp.StatusCode, o
}

// people are the fields of a group text of a number and some phones.
func people(name, number string, phones ...string) url.Values {
	f := url.Values{"UniqueName": {name}, "Participant": {`{"identity":"me","messaging_binding":{"projected_address":"` + number + `"}}`}}
	for _, p := range phones {
		f.Add("Participant", `{"messaging_binding":{"address":"`+p+`"}}`)
	}
	return f
}

// SMS-G3: phones get what is said in a group text, and see who else does; what
// they say comes to its webhooks, signed, and nothing is texted for the answer.
func TestGroupText(t *testing.T) {
	w := grouped(t, twiliotest.Config{})
	h := newHook(t, reply(http.StatusOK, "text/plain", "not to be texted"))
	status, made := w.talk(http.MethodPost, "ConversationWithParticipants", people("us", line, phone, other))
	id := made.text("sid")
	if status != http.StatusAccepted || !strings.HasPrefix(id, "CH") {
		t.Fatalf("%d: %v", status, made)
	}
	hooks := "Conversations/" + id + "/Webhooks"
	if status, o := w.talk(http.MethodPost, hooks, fields("Target", "webhook", "Configuration.Url", h.URL+"/group", "Configuration.Filters", "onMessageAdded")); status != http.StatusCreated {
		t.Fatalf("%d: %v", status, o)
	}
	if status, o := w.talk(http.MethodPost, "Conversations/us/Messages", fields("Author", "me", "Body", "hello")); status != http.StatusCreated {
		t.Fatalf("%d: %v", status, o)
	}
	for _, p := range []string{phone, other} {
		if got := w.Texted(p); len(got) != 1 || got[0].Body != "hello" || got[0].From != line || len(got[0].Group) != 2 || slices.Contains(got[0].Group, p) {
			t.Errorf("%s got %+v", p, got)
		}
	}
	said := w.ReceiveGroup(phone, []string{other, line}, "hi", twiliotest.Media{Type: "image/png", Data: []byte("x")})
	w.settle()
	forms, heads := h.came()
	if len(forms) != 1 || forms[0].Get("EventType") != "onMessageAdded" || forms[0].Get("MessageSid") != said || forms[0].Get("ConversationSid") != id ||
		forms[0].Get("Author") != phone || !strings.Contains(forms[0].Get("Media"), `"ContentType":"image/png"`) {
		t.Fatalf("called with %v", forms)
	}
	if heads[0].Get("X-Twilio-Signature") != twiliotest.Sign(h.URL+"/group", forms[0], w.account.Token) {
		t.Error("the call is not signed")
	}
	if got := w.Texted(other); len(got) != 2 || got[1].From != phone || got[1].Body != "hi" {
		t.Errorf("%+v", got)
	}
	if n := len(w.Texted(phone)); n != 1 {
		t.Errorf("%d texts", n)
	}
	_, list := w.talk(http.MethodGet, "Conversations/"+id+"/Messages?Order=desc&PageSize=1", nil)
	if all := list.list("messages"); len(all) != 1 || all[0].text("sid") != said {
		t.Errorf("%v", list)
	}
	_, list = w.talk(http.MethodGet, "ParticipantConversations?Identity=me", nil)
	if all := list.list("conversations"); len(all) != 1 || all[0].text("conversation_sid") != id {
		t.Errorf("%v", list)
	}
}

// What Twilio refuses of group texts.
func TestGroupTextRefusals(t *testing.T) {
	w := grouped(t, twiliotest.Config{})
	w.talk(http.MethodPost, "ConversationWithParticipants", people("us", line, phone, other))
	plain := w.AddAccount(twiliotest.Account{})
	w.AddNumber(twiliotest.Number{Account: plain.SID, Number: "+15550100009", SMS: true, MMS: true})
	var many []string
	for i := range 10 {
		many = append(many, "+1555030000"+string(rune('0'+i)))
	}
	for name, c := range map[string]struct {
		path string
		form url.Values
		code int
	}{
		"name taken":  {"ConversationWithParticipants", people("us", line, phone, "+15550200009"), 50353},
		"people have": {"ConversationWithParticipants", people("b", line, other, phone), 50438},
		"one phone":   {"ConversationWithParticipants", people("c", line, phone), 50435},
		"far away":    {"ConversationWithParticipants", people("d", line, phone, "+4930901820"), 50435},
		"too many":    {"ConversationWithParticipants", people("e", line, many...), 50435},
		"no number":   {"ConversationWithParticipants", people("f", "+15550999999", phone, other), 50435},
		"no JSON":     {"ConversationWithParticipants", fields("Participant", "x"), 20001},
		"stranger":    {"Conversations/us/Messages", fields("Author", "x", "Body", "hi"), 50513},
		"empty":       {"Conversations/us/Messages", fields("Author", "me"), 20001},
		"not there":   {"Conversations/them/Messages", fields("Author", "me", "Body", "hi"), 20404},
		"bad hook":    {"Conversations/us/Webhooks", fields("Target", "webhook", "Configuration.Url", "x"), 20001},
	} {
		if _, o := w.talk(http.MethodPost, c.path, c.form); o.code() != c.code {
			t.Errorf("%s: %v, want %d", name, o, c.code)
		}
	}
	w.account = plain
	if _, o := w.talk(http.MethodPost, "ConversationWithParticipants", people("g", "+15550100009", phone, other)); o.code() != 50452 {
		t.Errorf("without group MMS: %v", o)
	}
	if _, o := w.talk(http.MethodGet, "Conversations/us", nil); o.code() != 20404 {
		t.Errorf("another account's: %v", o)
	}
	bare := grouped(t, twiliotest.Config{NoConversations: true})
	if status, o := bare.talk(http.MethodPost, "ConversationWithParticipants", people("us", line, phone, other)); status != http.StatusNotFound || o.code() != 20404 {
		t.Errorf("without the API: %d, %v", status, o)
	}
}

// Where there is no group text of just these people, all that comes is a text
// from the phone alone.
func TestGroupTextWithoutGroup(t *testing.T) {
	w := grouped(t, twiliotest.Config{})
	h := newHook(t, nil)
	w.hooked(twiliotest.Number{SMSURL: h.URL})
	sid := w.ReceiveGroup(phone, []string{line, other}, "hi")
	w.settle()
	if forms, _ := h.came(); len(forms) != 1 || forms[0].Get("MessageSid") != sid || forms[0].Get("From") != phone {
		t.Errorf("%v", forms)
	}
}
