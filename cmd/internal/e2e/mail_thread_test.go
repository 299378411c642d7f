package e2e

import (
	"testing"
)

// A dialogue of five mails: each names all before it, all are one conversation for
// the user's clients, and what answers them says which message of theirs. The user
// answers once as clients do that know replies, once as those that know
// conversations only. MAIL-I3, MAIL-H1, MAIL-H2, MAIL-H3
func TestMailReplies(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, w := o.subscriber(t), o.writer(t)
		one := o.newNote("Tea")
		one.send(w, b.box.Address)
		first := b.comes(w.Address, one.text)

		id2, text := b.writes(w.Address, replying(first))
		two := gets(t, w, text)
		two.wantAnswers(t, one.id)
		if two.subject != "Re: Tea" {
			t.Errorf("the answer is called %q", two.subject)
		}

		three := o.newNote("Re: Tea").answering(one.id, two.id())
		three.send(w, b.box.Address)
		third := b.comes(w.Address, three.text)
		b.wantReply(third, id2)
		if third.Body() != three.text {
			t.Errorf("the same subject is shown again: %v", third)
		}

		id4, text := b.writes(w.Address, threaded(third))
		four := gets(t, w, text)
		four.wantAnswers(t, one.id, two.id(), three.id)

		five := o.newNote("AW: Tea").answering(one.id, two.id(), three.id, four.id())
		five.send(w, b.box.Address)
		fifth := b.comes(w.Address, five.text)
		b.wantReply(fifth, id4)
		if fifth.Body() != five.text {
			t.Errorf("the same subject is shown again: %v", fifth)
		}

		thread := first.Child("thread").Text
		if thread == "" || third.Child("thread").Text != thread || fifth.Child("thread").Text != thread {
			t.Errorf("the conversation is %q, then %q, then %q", thread, third.Child("thread").Text, fifth.Child("thread").Text)
		}
	})
}

// A conversation that the user begins is one for their clients, by the name that
// these gave it.
func TestMailOwnThread(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, w := o.subscriber(t), o.writer(t)
		id, text := b.writes(w.Address, `<thread>of-ann</thread>`, `<subject>Rum</subject>`)
		one := gets(t, w, text)
		two := o.newNote("Re: Rum").answering(one.id())
		two.send(w, b.box.Address)
		m := b.comes(w.Address, two.text)
		b.wantReply(m, id)
		if m.Child("thread").Text != "of-ann" {
			t.Errorf("the answer is in another conversation: %v", m)
		}
		_, text = b.writes(w.Address, `<thread>of-ann</thread>`)
		gets(t, w, text).wantAnswers(t, one.id(), two.id)
	})
}

// Two conversations with one person, in turns, stay apart. MAIL-H2
func TestMailThreadsApart(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, w := o.subscriber(t), o.writer(t)
		tea, rum := o.newNote("Tea"), o.newNote("Rum")
		tea.send(w, b.box.Address)
		rum.send(w, b.box.Address)
		ofTea, ofRum := b.comes(w.Address, tea.text), b.comes(w.Address, rum.text)
		if ofTea.Child("thread").Text == ofRum.Child("thread").Text {
			t.Fatalf("both are one conversation: %v", ofRum)
		}
		teaChain, rumChain := []string{tea.id}, []string{rum.id}
		for round := range 3 {
			how := threaded
			if round == 1 {
				how = replying
			}
			teaID, text := b.writes(w.Address, how(ofTea))
			got := gets(t, w, text)
			got.wantAnswers(t, teaChain...)
			teaChain = append(teaChain, got.id())

			rumID, text := b.writes(w.Address, how(ofRum))
			got = gets(t, w, text)
			got.wantAnswers(t, rumChain...)
			rumChain = append(rumChain, got.id())

			more, less := o.newNote("Re: Tea").answering(teaChain...), o.newNote("Re: Rum").answering(rumChain...)
			more.send(w, b.box.Address)
			less.send(w, b.box.Address)
			nextTea, nextRum := b.comes(w.Address, more.text), b.comes(w.Address, less.text)
			b.wantReply(nextTea, teaID)
			b.wantReply(nextRum, rumID)
			if nextTea.Child("thread").Text != ofTea.Child("thread").Text || nextRum.Child("thread").Text != ofRum.Child("thread").Text {
				t.Fatalf("round %d mixes the conversations:\n%v\n%v", round+1, nextTea, nextRum)
			}
			teaChain, rumChain = append(teaChain, more.id), append(rumChain, less.id)
			ofTea, ofRum = nextTea, nextRum
		}
	})
}
