package ircv3test

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// scramIterations is what RFC 7677 §4 asks for at least.
const scramIterations = 4096

var errSCRAM = errors.New("scram: refused")

// scramServer is the server's side of one login by SCRAM-SHA-256, RFC 5802 and
// RFC 7677, without channel binding.
type scramServer struct {
	passwordOf func(account string) (string, bool)
	account    string

	password     string
	salt         []byte
	nonce        string
	header       string // gs2-header
	bare, server string // the two first messages
	steps        int
}

func newSCRAM(passwordOf func(string) (string, bool)) *scramServer {
	return &scramServer{passwordOf: passwordOf, salt: []byte(rand.Text()), nonce: rand.Text()}
}

// done tells whether the client has proved its password and read our proof.
func (x *scramServer) done() bool { return x.steps == 3 }

// step takes the client's next message and returns the server's.
func (x *scramServer) step(text string) (string, error) {
	x.steps++
	switch x.steps {
	case 1:
		return x.first(text)
	case 2:
		return x.final(text)
	case 3: // the empty response to the server's final message
		if text == "" {
			return "", nil
		}
	}
	return "", errSCRAM
}

// first takes client-first-message, RFC 5802 §7: gs2-header, n=user, r=nonce.
func (x *scramServer) first(text string) (string, error) {
	parts := strings.SplitN(text, ",", 3)
	if len(parts) != 3 || parts[0] != "n" && parts[0] != "y" || parts[1] != "" && !strings.HasPrefix(parts[1], "a=") {
		return "", errSCRAM
	}
	x.header, x.bare = parts[0]+","+parts[1]+",", parts[2]
	fields := strings.Split(x.bare, ",")
	if len(fields) < 2 || !strings.HasPrefix(fields[0], "n=") || !strings.HasPrefix(fields[1], "r=") || len(fields[1]) < 10 {
		return "", errSCRAM
	}
	name := strings.NewReplacer("=2C", ",", "=3D", "=").Replace(fields[0][2:])
	password, known := x.passwordOf(name)
	if !known || parts[1] != "" && parts[1][2:] != fields[0][2:] {
		return "", errSCRAM
	}
	x.account, x.password = name, password
	x.nonce = fields[1][2:] + x.nonce
	x.server = fmt.Sprintf("r=%s,s=%s,i=%d", x.nonce, base64.StdEncoding.EncodeToString(x.salt), scramIterations)
	return x.server, nil
}

// final takes client-final-message: c=binding, r=nonce, p=proof. RFC 5802 §3
// says how the proof is made.
func (x *scramServer) final(text string) (string, error) {
	at := strings.LastIndex(text, ",p=")
	want := "c=" + base64.StdEncoding.EncodeToString([]byte(x.header)) + ",r=" + x.nonce
	if at < 0 || text[:at] != want {
		return "", errSCRAM
	}
	proof, err := base64.StdEncoding.DecodeString(text[at+3:])
	if err != nil || len(proof) != sha256.Size {
		return "", errSCRAM
	}
	salted, err := pbkdf2.Key(sha256.New, x.password, x.salt, scramIterations, sha256.Size)
	if err != nil {
		return "", err
	}
	all := x.bare + "," + x.server + "," + text[:at]
	stored := sha256.Sum256(mac(salted, "Client Key"))
	key := make([]byte, sha256.Size)
	subtle.XORBytes(key, proof, mac(stored[:], all))
	if got := sha256.Sum256(key); !hmac.Equal(got[:], stored[:]) {
		return "", errSCRAM
	}
	return "v=" + base64.StdEncoding.EncodeToString(mac(mac(salted, "Server Key"), all)), nil
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(text))
	return h.Sum(nil)
}
