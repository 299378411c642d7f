package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"wherry/store"
)

// queued returns a folder with a configuration and an open store in which
// something waits.
func queued(t *testing.T) (dir string) {
	t.Helper()
	dir = configured(t, least+strings.Replace(least, "irc.", "irc2.", 1))
	s, err := store.Open(t.Context(), store.Config{URL: "sqlite:" + dir + "/wherry.db", KeyFile: dir + "/wherry.key"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	a := store.Account{User: "alice@example.org", Domain: "irc.example.org", Scope: "irc.example.net"}
	if err := s.SaveAccount(t.Context(), &a); err != nil {
		t.Fatal(err)
	}
	created := time.Now().Add(-time.Hour)
	err = s.Update(t.Context(), func(tx *store.Tx) error {
		part := func(i int) store.Outgoing {
			return store.Outgoing{
				Account: a.ID, Part: i, Parts: 2, Chat: "nurse%irc.example.net", Stanza: "m1", Sender: "alice@example.org/x",
				Content: []byte(`{"v":1,"c":{"k":2,"n":"nurse"},"t":"how are you?"}`), Created: created, Changed: created,
			}
		}
		parts := []store.Outgoing{part(0), part(1)}
		if _, _, err := tx.AddOutgoing(parts); err != nil {
			return err
		}
		parts[0].State = store.Delivered
		parts[1].Attempts, parts[1].Due = 3, time.Now().Add(time.Hour)
		for _, p := range parts {
			if err := tx.SetOutgoing(p); err != nil {
				return err
			}
		}
		return tx.AddIncoming(&store.Incoming{
			Domain: "irc2.example.org", User: "alice@example.org", Chat: "od\x1bd%irc.example.net", Created: created,
			Content: []byte(`{"v":1,"k":1,"id":"i","m":{"c":{"k":2,"n":"odd"},"n":"odd","t":"\u001b[2J hi"}}`),
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// columns makes single spaces of a table's.
func columns(o outcome) outcome {
	o.stdout = regexp.MustCompile(` {2,}`).ReplaceAllString(o.stdout, " ")
	o.stdout = regexp.MustCompile(`\b\d{10,}\b`).ReplaceAllString(o.stdout, "NUMBER")
	o.stdout = regexp.MustCompile(`\b1h0m\d+s|59m5\ds`).ReplaceAllString(o.stdout, "HOUR")
	return o
}

func TestQueue(t *testing.T) {
	dir := queued(t)
	for _, test := range []struct {
		args string
		want string
	}{
		{"", "DOMAIN USER NETWORK BOX STATE ROWS OLDEST\n" +
			"irc.example.org alice@example.org irc.example.net out queued 1 HOUR\n" +
			"irc2.example.org alice@example.org - in unsettled 1 HOUR\n"},
		{"-domain irc2.example.org", "DOMAIN USER NETWORK BOX STATE ROWS OLDEST\n" +
			"irc2.example.org alice@example.org - in unsettled 1 HOUR\n"},
		{"-user Alice@example.org/phone", "DOMAIN NUMBER BOX CONVERSATION STATE ATTEMPTS NEXT TRY AGE\n" +
			"irc.example.org NUMBER 2/2 out nurse%irc.example.net queued 3 in HOUR HOUR\n" +
			"irc2.example.org NUMBER in od�d%irc.example.net unsettled - - HOUR\n"},
		{"-user alice@example.org -bodies -domain irc.example.org", "DOMAIN NUMBER BOX CONVERSATION STATE ATTEMPTS NEXT TRY AGE TEXT\n" +
			"irc.example.org NUMBER 2/2 out nurse%irc.example.net queued 3 in HOUR HOUR message \"how are you?\"\n"},
		{"-user alice@example.org -bodies -domain irc2.example.org", "DOMAIN NUMBER BOX CONVERSATION STATE ATTEMPTS NEXT TRY AGE TEXT\n" +
			"irc2.example.org NUMBER in od�d%irc.example.net unsettled - - HOUR message of \"odd\": \"\\x1b[2J hi\"\n"},
		{"-user nobody@example.org", "DOMAIN NUMBER BOX CONVERSATION STATE ATTEMPTS NEXT TRY AGE\n"},
	} {
		o := columns(call(t, dir, append([]string{"queue"}, strings.Fields(test.args)...)...))
		if o.status != exitOK || o.stdout != test.want {
			t.Errorf("queue %s: status %d\n%s%s\nwant\n%s", test.args, o.status, o.stdout, o.stderr, test.want)
		}
	}
	call(t, dir, "queue", "-domain", "sms.example.org").want(t, exitFailed, "wherry.toml has no component sms.example.org")
}

func TestQueueWithoutStore(t *testing.T) {
	call(t, configured(t, least), "queue").want(t, exitFailed, "there is no store")
}
