package stanza

import "strconv"

// Error is a stanza error. RFC 6120 §8.3
type Error struct {
	Type       ErrorType // empty: the usual one of the condition
	Condition  Condition // empty: undefined-condition
	Text, Lang string    // for the user, and its language
	Code       int       // the numeric code of XEP-0086; 0 is left out
	Redirect   string    // where to, with gone and redirect
	App        *Element  // an application's own condition. RFC 6120 §8.3.4
	By         string    // who found the error. RFC 6120 §8.3.1
}

func (e *Error) Error() string {
	s := "xmpp error " + string(e.Condition)
	if e.Type != "" {
		s += " (" + string(e.Type) + ")"
	}
	if e.Text != "" {
		s += ": " + e.Text
	}
	return s
}

// Element returns the <error/> of a stanza.
func (e *Error) Element() Element {
	condition, typ := e.Condition, e.Type
	if condition == "" {
		condition = UndefinedCondition
	}
	if typ == "" {
		typ = usual[condition].typ
	}
	out := E("", "error", T(NSErrors, string(condition), e.Redirect)).With("type", string(typ))
	if e.Code != 0 {
		out = out.With("code", strconv.Itoa(e.Code))
	}
	if e.By != "" {
		out = out.With("by", e.By)
	}
	if e.Text != "" {
		out.Children = append(out.Children, T(NSErrors, "text", e.Text).WithLang(e.Lang))
	}
	if e.App != nil {
		out.Children = append(out.Children, *e.App)
	}
	return out
}

// ParseError reads an <error/>. It never fails: where e says nothing, or is
// nil, the condition is undefined-condition; where it has a numeric code only,
// that is looked up.
func ParseError(e *Element) *Error {
	out := &Error{Type: ErrorType(e.Attr("type")), By: e.Attr("by")}
	out.Code, _ = strconv.Atoi(e.Attr("code"))
	if e != nil {
		for i := range e.Children {
			out.read(&e.Children[i])
		}
		if out.Text == "" && !blank(e.Text) {
			out.Text = e.Text // as before RFC 3920
		}
	}
	if out.Condition == "" {
		out.Condition = byCode(out.Code)
	}
	if out.Type == "" {
		out.Type = usual[out.Condition].typ
	}
	return out
}

func (e *Error) read(c *Element) {
	switch {
	case c.Space == NSErrors && c.Name == "text":
		e.Text, e.Lang = c.Text, c.Lang()
	case c.Space == NSErrors && e.Condition == "":
		e.Condition, e.Redirect = Condition(c.Name), c.Text
	case c.Space != NSErrors && e.App == nil:
		e.App = c
	}
}

// byCode returns the condition for a numeric code. XEP-0086 §2
func byCode(code int) Condition {
	switch code {
	case 302:
		return Redirect
	case 400:
		return BadRequest
	case 401:
		return NotAuthorized
	case 403:
		return Forbidden
	case 404:
		return ItemNotFound
	case 405:
		return NotAllowed
	case 406:
		return NotAcceptable
	case 407:
		return RegistrationRequired
	case 408, 504:
		return RemoteServerTimeout
	case 409:
		return Conflict
	case 500:
		return InternalServerError
	case 501:
		return FeatureNotImplemented
	case 502, 503, 510:
		return ServiceUnavailable
	}
	return UndefinedCondition
}
