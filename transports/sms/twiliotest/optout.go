package twiliotest

import "strings"

// optOutWords are the words that Twilio takes for an OptOutType.
var optOutWords = map[string]string{
	"STOP": "STOP", "UNSUBSCRIBE": "STOP", "END": "STOP", "QUIT": "STOP", "STOPALL": "STOP", "REVOKE": "STOP", "OPTOUT": "STOP", "CANCEL": "STOP",
	"START": "START", "YES": "START", "UNSTOP": "START",
	"HELP": "HELP", "INFO": "HELP",
}

// optOutNotices are what Twilio answers.
var optOutNotices = map[string]string{
	"STOP":  "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe.",
	"START": "You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe.",
	"HELP":  "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}

// optOut does what Twilio does about STOP and the like, and returns the
// OptOutType for the webhook, if it is to have one. The caller holds mu.
func (s *Server) optOut(n *Number, v *Service, phone, body string) string {
	how := n.OptOut
	if v != nil && v.OptOut != OptOutDefault {
		how = v.OptOut
	}
	word := optOutWords[strings.ToUpper(strings.TrimSpace(body))]
	if word == "" || how == OptOutNone {
		return ""
	}
	blocked := []pair{{n.Number, phone}}
	if v != nil {
		blocked = append(blocked, pair{v.SID, phone})
	}
	for _, p := range blocked {
		switch word {
		case "STOP":
			s.stopped[p] = true
		case "START":
			delete(s.stopped, p)
		}
	}
	p := s.phone(phone)
	p.texts = append(p.texts, &Text{From: n.Number, To: phone, Body: optOutNotices[word], Segments: 1, Notice: true, At: s.cfg.Now(), reached: true})
	if how == OptOutAdvanced {
		return word
	}
	return ""
}
