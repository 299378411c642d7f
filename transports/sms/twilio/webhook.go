package twilio

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// mostCall is how long the body of a call may be.
const mostCall = 64 << 10

// emptyReply tells Twilio to answer nothing to the sender. It must be this very
// document: another type would be texted, or taken for a fault.
const emptyReply = `<?xml version="1.0" encoding="UTF-8"?><Response></Response>`

// Call reads one call of Twilio's: a message for a line, or what became of one
// that left it. It is believed where the account's token signed it; where no
// token is known, only the SID counts, and Twilio is asked for the message.
func (p *Provider) Call(ctx context.Context, c provider.Credentials, lines []string, hook string, r transports.Request) ([]provider.Item, transports.Reply) {
	refuse := func(status int, why string) ([]provider.Item, transports.Reply) { return nil, p.refuse(c, status, why) }
	f, believed, status, why := readCall(c, hook, r)
	if status != 0 {
		return refuse(status, why)
	}
	item := callItem(f)
	if _, ok := p.messageSID(item.ID); !ok {
		return refuse(http.StatusBadRequest, "not the SID of a message")
	}
	if !hasLine(lines, item.Line) {
		return refuse(http.StatusNotFound, "not a line of the account")
	}
	if !believed {
		asked, err := p.Get(ctx, c, item.ID)
		switch {
		case err != nil && transports.AsError(err).Kind == transports.NotFound:
			return refuse(http.StatusForbidden, "no such message")
		case err != nil:
			return nil, p.unasked(c, err)
		case asked.Inbound != item.Inbound:
			return refuse(http.StatusForbidden, "not what Twilio has")
		case !hasLine(lines, asked.Line):
			return refuse(http.StatusNotFound, "not a line of the account")
		}
		item = news(asked, item.Only)
	}
	if !item.Only {
		return []provider.Item{item}, transports.Reply{Status: http.StatusOK, Type: "text/xml", Body: []byte(emptyReply)}
	}
	if item.State == provider.None {
		return nil, transports.Reply{Status: http.StatusNoContent}
	}
	return []provider.Item{item}, transports.Reply{Status: http.StatusNoContent}
}

// readCall reads a call as Twilio makes all of them, and tells whether it was
// signed. One that is neither that nor such that asking Twilio helps has a
// status to refuse it with, and why.
func readCall(c provider.Credentials, hook string, r transports.Request) (f form, believed bool, status int, why string) {
	switch {
	case r.Method != http.MethodPost:
		return nil, false, http.StatusMethodNotAllowed, "not a POST"
	case len(r.Body) > mostCall:
		return nil, false, http.StatusRequestEntityTooLarge, "too long"
	case !isForm(r.Header.Get("Content-Type")):
		return nil, false, http.StatusUnsupportedMediaType, "not a form"
	}
	f, err := parseForm(string(r.Body))
	if err != nil {
		return nil, false, http.StatusBadRequest, "not a good form"
	}
	believed = signed([]string{c.Token, c.OldToken}, hook, r, f)
	if !believed && (c.Token != "" || c.Key == "" || c.Secret == "") {
		return nil, false, http.StatusForbidden, "wrong signature"
	}
	if c.Account == "" || f["AccountSid"] != c.Account {
		return nil, false, http.StatusForbidden, "another account"
	}
	return f, believed, 0, ""
}

// refuse is the reply to a call that is not taken. Why is for the log only.
func (p *Provider) refuse(c provider.Credentials, status int, why string) transports.Reply {
	p.log.Info("twilio: a call was refused", "account", c.Account, "status", status, "why", why)
	return transports.Reply{Status: status}
}

// unasked is the reply to a call of which Twilio could not be asked.
func (p *Provider) unasked(c provider.Credentials, err error) transports.Reply {
	reply := p.refuse(c, http.StatusServiceUnavailable, err.Error())
	reply.After = transports.AsError(err).After
	return reply
}

// callItem reads the fields of a call.
func callItem(f form) provider.Item {
	item := provider.Item{ID: canonical(f.first("MessageSid", "SmsSid", "SmsMessageSid"))}
	if status := statusOf(f); status != "" {
		item.Only = true
		item.Line, item.Peer = f.text("From"), f.text("To")
		item.State, item.Err = stateOf(status, f["ErrorCode"])
		return item
	}
	item.Inbound = true
	item.Line, item.Peer = f.text("To"), f.text("From")
	item.Text = f.text("Body")
	item.Name = f.text("ProfileName")
	item.Media = mediaOf(f)
	item.NumMedia = numMedia(f["NumMedia"], len(item.Media))
	item.Stop = optOut(f["OptOutType"], item.Peer, item.Text)
	return item
}

// statusOf returns what became of a message where a call tells that; empty
// where it brings one.
func statusOf(f form) string {
	if status := strings.ToLower(f["MessageStatus"]); status != "" && status != statusReceived && status != statusReceiving {
		return status
	}
	if status := strings.ToLower(f["SmsStatus"]); states[status] != provider.None {
		return status
	}
	return ""
}

// mediaOf returns the files that are there, whatever their number is said to be.
func mediaOf(f form) []provider.Medium {
	var media []provider.Medium
	for i := range mostMedia {
		n := strconv.Itoa(i)
		if ref := f["MediaUrl"+n]; ref != "" {
			media = append(media, provider.Medium{Ref: ref, Type: f.text("MediaContentType" + n)})
		}
	}
	return media
}

// news is a message as a call would have told it: all, or only how far it came.
func news(m provider.Item, only bool) provider.Item {
	if !only {
		return m
	}
	return provider.Item{ID: m.ID, Line: m.Line, Peer: m.Peer, State: m.State, Err: m.Err, Only: true}
}

// hasLine tells whether an address is one of the lines, on whatever channel.
func hasLine(lines []string, address string) bool {
	return address != "" && (slices.Contains(lines, address) || slices.Contains(lines, strings.TrimPrefix(address, channel(address))))
}
