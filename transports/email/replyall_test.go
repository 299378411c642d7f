package email_test

import (
	"strings"
	"testing"

	"wherry/transports"
)

// By a command one of a contact's last mails is answered to all who got it, and where
// it wants its answers; the user is none of them. MAIL-P2
func TestReplyAll(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lines  []string
		to, cc string
		said   string
	}{
		"to the user alone": {[]string{"To: ann@mail.test"}, "bob@x.test", "", "The mail goes to Bob <bob@x.test>"},
		"to others": {[]string{"To: ann@mail.test, Carl <carl@x.test>", "Cc: Dora@x.test, Ann.Lee@mail.test, bob@x.test"}, "bob@x.test", "carl@x.test Dora@x.test",
			"The mail goes to Bob <bob@x.test>, Carl <carl@x.test>, Dora@x.test"},
		"with Reply-To": {[]string{"To: desk@x.test, carl@x.test", "Reply-To: desk@x.test"}, "desk@x.test", "carl@x.test", "The mail goes to desk@x.test, carl@x.test"},
		"of a list": {[]string{"To: crew@lists.test", "Cc: carl@x.test", "List-Id: <crew.lists.test>", "List-Post: <mailto:crew@lists.test>"}, "crew@lists.test", "carl@x.test",
			"The mail goes to crew@lists.test, carl@x.test"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newLetters(t, setting{more: transports.Settings{"aliases": "ann.lee@mail.test"}})
			s := w.open()
			came := converted(t, s, incoming("1@x.test", append(append([]string{"From: Bob <bob@x.test>"}, tt.lines...), "", "a question")...))
			at := transports.Place{
				Account: transports.Account{Key: accountKey, Settings: w.settings}, Chat: came.Chat,
				Past: []transports.Past{{Ref: "2@x.test", Own: true, Trail: came.Trail}, {Ref: came.Ref, Trail: came.Trail}},
			}
			turn, err := answered(t, w.tr, "reply-all", at, "text", " an answer\n", "mail", "1")
			if err != nil || len(turn.Send) != 1 || turn.Said.String() != tt.said {
				t.Fatalf("%+v, %v", turn, err)
			}
			m := turn.Send[0]
			m.ID, m.Time = "m1", written
			w.send(s, m)
			l := w.last()
			if l.text != "an answer" || l.head.Get("In-Reply-To") != "<1@x.test>" || l.head.Get("Subject") != "Re: Hello" || bare(t, l, "To") != tt.to || bare(t, l, "Cc") != tt.cc ||
				strings.Join(l.to, " ") != strings.TrimSpace(tt.to+" "+tt.cc) {
				t.Errorf("sent to %q:\n%s", l.to, l.Data)
			}
			for _, wrong := range [][]string{{"text", " \n", "mail", "1"}, {"text", "x", "mail", "2"}, {"text", "x"}} {
				if turn, err := answered(t, w.tr, "reply-all", at, wrong...); err == nil {
					t.Errorf("%q: %+v", wrong, turn)
				}
			}
		})
	}
	w := newLetters(t, setting{})
	s := w.open()
	shut := converted(t, s, incoming("1@x.test", "List-Id: <crew.lists.test>", "List-Post: NO", "", "news"))
	at := transports.Place{Account: transports.Account{Key: accountKey, Settings: w.settings}, Chat: shut.Chat, Past: []transports.Past{{Ref: shut.Ref, Trail: shut.Trail}}}
	if _, err := answered(t, w.tr, "reply-all", at, "text", "x", "mail", "1"); err == nil {
		t.Error("a list that nobody may write to is written to")
	}
}
