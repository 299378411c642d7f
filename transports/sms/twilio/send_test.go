package twilio_test

import (
	"net/url"
	"reflect"
	"slices"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

func TestSend(t *testing.T) {
	t.Parallel()
	at := serve(t, says(201, asJSON(t, message(sid, time.Now(), map[string]any{"status": "queued"}))))
	p := with(at.URL)
	for _, c := range []struct {
		out  provider.Outgoing
		want url.Values
	}{
		{provider.Outgoing{Line: line, To: peer, Text: " a\r\nb\t😀 "}, url.Values{"From": {line}, "To": {peer}, "Body": {" a\r\nb\t😀 "}}},
		{
			provider.Outgoing{Line: line, To: peer, Media: []string{"https://x/1", "https://x/2?a=b&c"}, Status: "https://gw/s#rc=5", Within: 4 * time.Hour},
			url.Values{"From": {line}, "To": {peer}, "MediaUrl": {"https://x/1", "https://x/2?a=b&c"}, "StatusCallback": {"https://gw/s#rc=5"}, "ValidityPeriod": {"14400"}},
		},
		{provider.Outgoing{Line: line, To: peer, Text: "x", Within: time.Millisecond}, url.Values{"From": {line}, "To": {peer}, "Body": {"x"}, "ValidityPeriod": {"1"}}},
		{provider.Outgoing{Line: line, To: peer, Text: "x", Within: -time.Hour}, url.Values{"From": {line}, "To": {peer}, "Body": {"x"}, "ValidityPeriod": {"1"}}},
		{provider.Outgoing{Line: line, To: peer, Text: "x", Within: 1000 * time.Hour}, url.Values{"From": {line}, "To": {peer}, "Body": {"x"}, "ValidityPeriod": {"36000"}}},
		{provider.Outgoing{Line: line, To: "whatsapp:" + peer, Text: "x"}, url.Values{"From": {"whatsapp:" + line}, "To": {"whatsapp:" + peer}, "Body": {"x"}}},
		{provider.Outgoing{Line: "rcs:brand", To: "rcs:" + peer, Text: "x"}, url.Values{"From": {"rcs:brand"}, "To": {"rcs:" + peer}, "Body": {"x"}}},
	} {
		ids, err := p.Send(t.Context(), byKey, c.out)
		if err != nil || !slices.Equal(ids, []string{sid}) {
			t.Errorf("%+v: %v, %v", c.out, ids, err)
		}
		got := at.all()
		last := got[len(got)-1]
		if !reflect.DeepEqual(last.Form, c.want) || last.User != key || last.Password != secret || last.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			t.Errorf("asked %+v, want %v", last, c.want)
		}
	}
}

// What failed at once is an error, of which no call will tell, and has an id all
// the same, which is no other message's.
func TestSendFailsAtOnce(t *testing.T) {
	t.Parallel()
	at := serve(t, says(201, asJSON(t, message(sid, time.Now(), map[string]any{"status": "failed", "error_code": 21610}))))
	ids, err := send(t, with(at.URL))
	if wants(t, err, transports.NotAllowed, false); !slices.Equal(ids, []string{sid}) {
		t.Errorf("its ids are %v", ids)
	}
}

// Services like Twilio write other types.
func TestOtherTypes(t *testing.T) {
	t.Parallel()
	at := serve(t, says(201, asJSON(t, message(sid, time.Now(), map[string]any{"num_media": 1, "num_segments": 2, "price": 0.5, "error_code": "x"}))))
	if ids, err := send(t, with(at.URL)); err != nil || len(ids) != 1 {
		t.Errorf("%v, %v", ids, err)
	}
	item, err := with(at.URL).Get(t.Context(), byToken, sid)
	if err != nil || item.NumMedia != 1 || item.Text != "hello" {
		t.Errorf("%+v, %v", item, err)
	}
	at = serve(t, says(200, asJSON(t, map[string]any{"messages": []any{
		message(sidOf(2), time.Now(), map[string]any{"status": "failed", "error_code": "30003"}), message(sidOf(1), time.Now(), map[string]any{"num_media": 7}),
	}})))
	items, complete, err := with(at.URL).Sent(t.Context(), byToken, line, peer, longAgo)
	if err != nil || !complete || len(items) != 2 || items[0].Err.Code != "30003" || items[1].NumMedia != 7 {
		t.Errorf("%+v, %v, %v", items, complete, err)
	}
}
