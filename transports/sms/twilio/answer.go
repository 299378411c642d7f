package twilio

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// Members that services write as a string, or as a number.
var (
	asStrings = []string{"num_media", "num_segments", "price"}
	asNumbers = []string{"error_code"}
)

// lenient returns an answer with its members of the types that the library
// wants, where a service like Twilio has others. What it cannot read stays.
func lenient(body []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var answer map[string]any
	if d.Decode(&answer) != nil || answer == nil {
		return body
	}
	changed := retype(answer)
	messages, _ := answer["messages"].([]any)
	for _, m := range messages {
		if message, ok := m.(map[string]any); ok {
			changed = retype(message) || changed
		}
	}
	if !changed {
		return body
	}
	fixed, err := json.Marshal(answer)
	if err != nil {
		return body
	}
	return fixed
}

// retype tells whether it changed anything.
func retype(object map[string]any) bool {
	changed := false
	for _, name := range asStrings {
		if n, ok := object[name].(json.Number); ok {
			object[name] = n.String()
			changed = true
		}
	}
	for _, name := range asNumbers {
		s, ok := object[name].(string)
		if !ok {
			continue
		}
		object[name] = nil
		if n, err := strconv.Atoi(s); err == nil {
			object[name] = n
		}
		changed = true
	}
	return changed
}

// refused is the body of a refusal.
type refused struct {
	Code    json.RawMessage `json:"code"`
	Message json.RawMessage `json:"message"`
}

// readRefusal returns the number of an error and the words for it, as far as
// the body of a refusal has them. The number may stand as a string.
func readRefusal(body []byte) (code, words string) {
	var r refused
	if json.Unmarshal(body, &r) != nil {
		return "", ""
	}
	var text string
	if json.Unmarshal(r.Code, &text) != nil {
		text = string(r.Code)
	}
	if n, err := strconv.ParseUint(text, 10, 20); err == nil && n > 0 {
		code = strconv.FormatUint(n, 10)
	}
	if json.Unmarshal(r.Message, &words) != nil {
		words = ""
	}
	return code, words
}

// value is what a member of an answer holds; nil is the zero value.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
