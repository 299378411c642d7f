package twiliotest

import (
	"strconv"
	"strings"
)

// refusal is an error of the API.
type refusal struct {
	status int
	code   int
	text   string
}

// refusals are the errors that the API makes by itself. %s is what refuse fills in.
var refusals = map[int]refusal{
	20001: {400, 20001, "Invalid parameter: %s"},
	20003: {401, 20003, "Authenticate"},
	20004: {405, 20004, "Method not allowed"},
	20009: {409, 20009, "The message %s is not in a state in which it can be deleted"},
	20404: {404, 20404, "The requested resource %s was not found"},
	20429: {429, 20429, "Too Many Requests"},
	21211: {400, 21211, "Invalid 'To' Phone Number: %s"},
	21403: {400, 21403, "%s is not valid"},
	21502: {400, 21502, "%s is not valid"},
	21212: {400, 21212, "Invalid 'From' Phone Number: %s"},
	21265: {400, 21265, "'To' number cannot be a Short Code: %s"},
	21266: {400, 21266, "'To' and 'From' number cannot be the same: %s"},
	21408: {400, 21408, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: %s"},
	21602: {400, 21602, "Message body is required."},
	21603: {400, 21603, "A 'From' phone number is required."},
	21604: {400, 21604, "A 'To' phone number is required."},
	21606: {400, 21606, "The 'From' phone number provided (%s) is not a valid message-capable Twilio phone number for this destination/account"},
	21608: {400, 21608, "The number %s is unverified. Trial accounts cannot send messages to unverified numbers"},
	21609: {400, 21609, "The 'StatusCallback' URL %s is not a valid URL."},
	21610: {400, 21610, "Attempt to send to unsubscribed recipient"},
	21611: {429, 21611, "This 'From' number has exceeded the maximum number of queued messages"},
	21612: {400, 21612, "Message cannot be sent with the current combination of 'To' (%s) and/or 'From' parameters"},
	21614: {400, 21614, "'To' number is not a valid mobile number: %s"},
	21617: {400, 21617, "The concatenated message body exceeds the 1600 character limit"},
	21619: {400, 21619, "A text message body or media urls must be specified."},
	21620: {400, 21620, "Invalid media URL(s)"},
	21621: {400, 21621, "The 'From' number %s has not been enabled for picture messaging"},
	21623: {400, 21623, "Number of media files exceeds allowed limit"},
	21659: {400, 21659, "'From' %s is not a Twilio phone number or Short Code country mismatch"},
	21660: {400, 21660, "Mismatch between the 'From' number %s and the account"},
	21701: {404, 21701, "The messaging service does not exist"},
	21703: {400, 21703, "The Messaging Service does not have a phone number available to send a message"},
	21910: {400, 21910, "Invalid From and To pair. From and To should be of the same channel"},
	50353: {409, 50353, "Conversation with provided unique name already exists"},
	50435: {400, 50435, "Group MMS activation failed."},
	50438: {409, 50438, "Group MMS with given participant list already exists as Conversation %s"},
	50452: {400, 50452, "Group MMS is not enabled for this Account."},
	50513: {400, 50513, "Message author should be among Group MMS participants."},
	63007: {400, 63007, "Twilio could not find a Channel with the specified From address"},
	30409: {409, 30409, "The message %s cannot be canceled"},
	70051: {403, 70051, "Authorization Error: the API key lacks the permission for this"},
}

// refuse returns the error of a number. about fills its text; codes without a
// text get a plain one, so that tests can have any.
func refuse(code int, about string) *refusal {
	r, ok := refusals[code]
	if !ok {
		return &refusal{400, code, "Error " + strconv.Itoa(code)}
	}
	r.text = strings.Replace(r.text, "%s", about, 1)
	return &r
}

// refusalBody is an error as the API shows it.
type refusalBody struct {
	Code     int    `json:"code"`
	Message  string `json:"message"`
	MoreInfo string `json:"more_info"`
	Status   int    `json:"status"`
}

func (r *refusal) body() refusalBody {
	return refusalBody{r.code, r.text, "https://www.twilio.com/docs/errors/" + strconv.Itoa(r.code), r.status}
}
