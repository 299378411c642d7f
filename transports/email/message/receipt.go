package message

import "strings"

// Receipt says what became of a mail of ours at its reader's, RFC 8098.
type Receipt struct {
	Of        string // id of the mail
	Displayed bool   // it was opened; else it was deleted, dispatched and so on
	Recipient string // the address of whose program says so
}

// receipt reads a mail that is a message disposition notification; nil is none.
func receipt(m *Mail) *Receipt {
	e, ok := m.extra(typeReceipt, typeReceipt8)
	if !ok {
		return nil
	}
	f := statusFields(e.text)
	if len(f) == 0 {
		return nil
	}
	r := &Receipt{}
	for _, group := range f {
		if list := parseIDs(group.get("original-message-id")); len(list) > 0 {
			r.Of = list[0]
		}
		if d := group.get("disposition"); d != "" { // "manual-action/MDN-sent-manually; displayed"
			_, kind, _ := strings.Cut(d, ";")
			kind, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(kind)), "/")
			r.Displayed = strings.TrimSpace(kind) == "displayed"
		}
		if a := group.get("final-recipient"); a != "" {
			r.Recipient = typedAddress(a)
		}
	}
	if r.Of == "" {
		return nil
	}
	return r
}

// ReturnPath returns the address that the mail came from on its way, as the server says
// that took it in (RFC 5321 §4.4); empty where it says none.
func (m *Mail) ReturnPath() string {
	if list := parseAddresses(m.Header.Get("Return-Path")); len(list) == 1 {
		return list[0].Spec
	}
	return ""
}

// WantsReceipt returns who asks to be told that the mail was read.
func (m *Mail) WantsReceipt() []Address { return addresses(&m.Header, "Disposition-Notification-To") }
