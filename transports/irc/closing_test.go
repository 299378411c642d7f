package irc

import "testing"

// The last words of servers, as they have them.
func TestEndings(t *testing.T) {
	for words, want := range map[string]ending{
		// ngircd
		"Connection refused, too many connections from your IP address": tooMany,
		"Access denied: Bad password?":                                  badPass,
		"Server going down":                                             goingDown,
		"Server going down (restarting)":                                goingDown,
		`"G-Line: No spam" (banned by oper)`:                            banned,
		// InspIRCd
		"Closing link: (alice@proxy.example) [Registration timeout]":                                                  broken,
		"Closing link: (alice@192.0.2.1) [G-Lined: No spam]":                                                          banned,
		"Closing link: (alice@192.0.2.1) [K-lined: You are banned]":                                                   banned,
		"Closing link: (unknown@192.0.2.1) [Z-lined: No more of you]":                                                 banned,
		"Closing link: (alice@192.0.2.1) [No more connections allowed from your host via this connect class (local)]": tooMany,
		"Closing link: (alice@192.0.2.1) [Access denied by configuration]":                                            banned,
		"Closing link: (alice@192.0.2.1) [Unauthorised connection]":                                                   banned,
		"Closing link: (alice@192.0.2.1) [Server shutting down]":                                                      goingDown,
		"Closing link: (alice@192.0.2.1) [Your IP range has been attempting to connect too many times in too short a duration. Wait a while, and you will be able to connect.]": tooFast,
		// ircd-hybrid
		"Your host is trying to (re)connect too fast -- throttled.":   tooFast,
		"You have been D-lined.":                                      banned,
		"All connections in use":                                      noRoom,
		"Closing Link: 192.0.2.1 (*** Banned: No spam)":               banned,
		"Closing Link: 192.0.2.1 (too many connections on IP)":        tooMany,
		"Closing Link: 192.0.2.1 (connection class is full)":          noRoom,
		"Closing Link: 192.0.2.1 (Sorry, server is full - try later)": noRoom,
		"Closing Link: 192.0.2.1 (Bad Password)":                      badPass,
		"Closing Link: 192.0.2.1 (not authorized)":                    banned,
		"Closing Link: 192.0.2.1 (Connection timed out)":              broken,
		"Closing Link: banned.example (Ping timeout: 240 seconds)":    broken,
		// solanum
		"Trying to reconnect too fast.":                                       tooFast,
		"Closing Link: 192.0.2.1 (Too many host connections (global))":        tooMany,
		"Closing Link: 192.0.2.1 (Too many user connections (global))":        tooMany,
		"Closing Link: 192.0.2.1 (K-Lined)":                                   banned,
		"Closing Link: 192.0.2.1 (You are not authorised to use this server)": banned,
		"Closing Link: 192.0.2.1 (*** Banned (cached))":                       banned,
		"Closing Link: 192.0.2.1 (Killed (oper (you are banned, go away)))":   broken,
		// UnrealIRCd
		"Closing Link: [192.0.2.1] (Throttled: Reconnecting too fast) - Email abuse@irc.test for more information.":           tooFast,
		"Closing Link: [192.0.2.1] (Too many unknown connections from your IP)":                                               tooMany,
		"Closing Link: alice[192.0.2.1] (Too many connections from your IP)":                                                  tooMany,
		"Closing Link: [192.0.2.1] (You are not welcome on this server: No spam. Email abuse@irc.test for more information.)": banned,
		"Closing Link: alice[192.0.2.1] (User has been banned from TestNet (No spam))":                                        banned,
		"Closing Link: alice[192.0.2.1] (User is banned (G-Lined: No spam))":                                                  banned,
		"Closing Link: alice[192.0.2.1] (No more connections allowed in your connection class (the IRC server is full))":      noRoom,
		"Closing Link: alice[192.0.2.1] (Server Terminating. Bye)":                                                            goingDown,
		"Closing Link: alice[192.0.2.1] (Registration Timeout)":                                                               broken,
		// any
		"":                           broken,
		"Closing Link:":              broken,
		"Closing Link: 192.0.2.1 ()": broken,
		"Excess Flood":               broken,
		"Max SendQ exceeded":         broken,
	} {
		if got := endingOf(words); got != want {
			t.Errorf("%q is of kind %d, want %d", words, got, want)
		}
	}
}
