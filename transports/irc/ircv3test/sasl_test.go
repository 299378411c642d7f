package ircv3test_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"wherry/transports/irc/ircv3test"
)

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// begin connects a client that has sasl and a nick.
func begin(t *testing.T, n *ircv3test.Network, nick string) *wire {
	w := dial(t, n)
	w.send("CAP LS 302", "NICK "+nick, "USER alice 0 * :A", "CAP REQ :sasl")
	w.until("*CAP " + nick + " ACK :sasl")
	return w
}

// sasl-3.1: "The AUTHENTICATE command".
func TestPlain(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("p", 600)
	n := ircv3test.Start(t, ircv3test.Config{Accounts: map[string]string{"alice": "secret", "long": long}})
	w := begin(t, n, "alice")
	w.send("AUTHENTICATE FOO")
	w.expect(":irc.test 908 alice PLAIN,EXTERNAL,SCRAM-SHA-256 :are available SASL mechanisms", ":irc.test 904 alice :*")
	w.send("AUTHENTICATE PLAIN", "AUTHENTICATE *")
	w.expect("AUTHENTICATE +", ":irc.test 906 alice :*")
	for _, wrong := range []string{b64("\x00alice\x00wrong"), b64("\x00nobody\x00secret"), b64("alice"), "%%%", "+", b64("bob\x00alice\x00secret")} {
		w.send("AUTHENTICATE PLAIN", "AUTHENTICATE "+wrong)
		w.expect("AUTHENTICATE +", ":irc.test 904 alice :SASL authentication failed")
	}
	w.send("AUTHENTICATE PLAIN", "AUTHENTICATE "+strings.Repeat("A", 401))
	w.expect("AUTHENTICATE +", ":irc.test 905 alice :*")
	w.send("AUTHENTICATE PLAIN", "AUTHENTICATE "+b64("\x00alice\x00secret"))
	w.expect("AUTHENTICATE +",
		":irc.test 900 alice alice!alice@client.test alice :You are now logged in as alice",
		":irc.test 903 alice :SASL authentication successful")
	w.send("AUTHENTICATE PLAIN")
	w.expect(":irc.test 907 alice :*")
	w.send("CAP END")
	w.expect(":irc.test 001 alice *")

	// A response longer than one line.
	w = dial(t, n)
	w.send("CAP REQ sasl", "NICK bob", "USER bob 0 * :B", "AUTHENTICATE PLAIN")
	w.expect(":irc.test CAP * ACK :sasl", "AUTHENTICATE +")
	for data := b64("\x00long\x00" + long); ; {
		n := min(400, len(data))
		w.send("AUTHENTICATE " + data[:n])
		if data = data[n:]; n < 400 {
			break
		}
	}
	w.expect(":irc.test 900 bob *", ":irc.test 903 bob *")
	// Registration ends what goes on.
	w = dial(t, n)
	w.send("CAP REQ sasl", "NICK carol", "USER bob 0 * :B", "AUTHENTICATE PLAIN", "CAP END")
	w.expect(":irc.test CAP * ACK :sasl", "AUTHENTICATE +", ":irc.test 906 carol *", ":irc.test 001 carol *")
	// Without the capability there is no such command.
	w = dial(t, n)
	w.send("AUTHENTICATE PLAIN")
	w.expect(":irc.test 421 * AUTHENTICATE :*")
}

// RFC 4422 appendix A over a client's certificate.
func TestExternal(t *testing.T) {
	t.Parallel()
	certificate, print := newIdentity(t)
	n := ircv3test.StartTLS(t, ircv3test.Config{Certificates: map[string]string{print: "alice"}, AccountRequired: true}, "irc.test")
	w := dialTLS(t, n, certificate)
	w.send("CAP REQ sasl", "NICK alice", "USER alice 0 * :A", "AUTHENTICATE EXTERNAL", "AUTHENTICATE +", "CAP END")
	w.expect(":irc.test CAP * ACK :sasl", "AUTHENTICATE +", ":irc.test 900 alice * alice :*", ":irc.test 903 alice *", ":irc.test 001 alice *")
	w = dialTLS(t, n)
	w.send("CAP REQ sasl", "NICK eve", "USER eve 0 * :E", "AUTHENTICATE EXTERNAL", "AUTHENTICATE +", "CAP END")
	w.expect(":irc.test CAP * ACK :sasl", "AUTHENTICATE +", ":irc.test 904 eve *",
		":irc.test FAIL * ACCOUNT_REQUIRED :*", "ERROR :*") // account-registration "Responses"
	w.closed()
}

func newIdentity(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, hex.EncodeToString(sum[:])
}

// RFC 5802 §3 and RFC 7677, from the client's side.
func TestSCRAM(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{Accounts: map[string]string{"alice": "secret", "a,b=c": "pencil"}})
	for i, c := range []struct {
		name, user, password string
		works                bool
	}{
		{"right", "alice", "secret", true},
		{"escaped", "a=2Cb=3Dc", "pencil", true},
		{"wrong password", "alice", "Secret", false},
		{"nobody", "bob", "secret", false},
	} {
		w := begin(t, n, fmt.Sprintf("user%d", i))
		w.send("AUTHENTICATE SCRAM-SHA-256")
		w.expect("AUTHENTICATE +")
		bare := "n=" + c.user + ",r=abcdefghijkl"
		w.send("AUTHENTICATE " + b64("n,,"+bare))
		answer := w.next()
		if c.user == "bob" {
			if !strings.Contains(answer, " 904 ") {
				t.Errorf("%s: %q", c.name, answer)
			}
			continue
		}
		raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(answer, "AUTHENTICATE "))
		server := string(raw)
		var nonce, salt string
		var rounds int
		if _, err := fmt.Sscanf(strings.ReplaceAll(server, ",", " "), "r=%s s=%s i=%d", &nonce, &salt, &rounds); err != nil || !strings.HasPrefix(nonce, "abcdefghijkl") || rounds < 4096 {
			t.Fatalf("%s: server-first-message %q: %v", c.name, server, err)
		}
		saltRaw, _ := base64.StdEncoding.DecodeString(salt)
		salted, err := pbkdf2.Key(sha256.New, c.password, saltRaw, rounds, 32)
		if err != nil {
			t.Fatal(err)
		}
		final := "c=biws,r=" + nonce
		all := bare + "," + server + "," + final
		client := hmac256(salted, "Client Key")
		stored := sha256.Sum256(client)
		proof := make([]byte, 32)
		subtle.XORBytes(proof, client, hmac256(stored[:], all))
		w.send("AUTHENTICATE " + b64(final+",p="+base64.StdEncoding.EncodeToString(proof)))
		if !c.works {
			w.expect(":irc.test 904 *")
			continue
		}
		w.expect("AUTHENTICATE " + b64("v="+base64.StdEncoding.EncodeToString(hmac256(hmac256(salted, "Server Key"), all))))
		w.send("AUTHENTICATE +")
		w.expect(":irc.test 900 *", ":irc.test 903 *")
	}
}

func hmac256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// account-registration: "Responses".
func TestAccountRegistration(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{
		Registration: "email-required", VerifyCode: "1234",
		Accounts: map[string]string{"taken": "x"},
	})
	early := dial(t, n)
	early.send("NICK x", "REGISTER * a@b.test secret")
	early.expect(":irc.test FAIL REGISTER COMPLETE_CONNECTION_REQUIRED :*")
	w := login(t, n, "alice", "draft/account-registration account-notify")
	w.send("REGISTER other a@b.test secret", "REGISTER * * secret", "REGISTER * nonsense secret", "REGISTER * a@b.test abc", "VERIFY alice 1", "REGISTER * a@b.test secret", "VERIFY alice 1", "VERIFY alice 1234", "REGISTER * a@b.test secret")
	w.expect(
		":irc.test FAIL REGISTER ACCOUNT_NAME_MUST_BE_NICK other :*",
		":irc.test FAIL REGISTER INVALID_EMAIL alice :*",
		":irc.test FAIL REGISTER INVALID_EMAIL alice :*",
		":irc.test FAIL REGISTER WEAK_PASSWORD alice :*",
		":irc.test FAIL VERIFY INVALID_CODE alice :*",
		":irc.test REGISTER VERIFICATION_REQUIRED alice :*",
		":irc.test FAIL VERIFY INVALID_CODE alice :*",
		":irc.test VERIFY SUCCESS alice :*",
		":irc.test 900 alice alice!alice@client.test alice :*",
		":alice!alice@client.test ACCOUNT alice",
		":irc.test FAIL REGISTER ALREADY_AUTHENTICATED alice :*",
	)
	taken := login(t, n, "taken", "")
	taken.send("REGISTER * a@b.test secret")
	taken.expect(":irc.test FAIL REGISTER ACCOUNT_EXISTS taken :*")

	open := ircv3test.Start(t, ircv3test.Config{Registration: "before-connect,custom-account-name"})
	w = dial(t, open)
	w.send("CAP LS 302", "REGISTER x * secret", "NICK bob", "REGISTER bobby * secret")
	w.until("*CAP * LS :*")
	w.expect(":irc.test FAIL REGISTER NEED_NICK * :*", ":irc.test REGISTER SUCCESS bobby :*", ":irc.test 900 bob * bobby :*")
}
