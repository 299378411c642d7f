package transports

// Form is one screen of questions: of registration, or of a command.
type Form struct {
	Title        Text
	Instructions Text
	Fields       []Field
}

// Field is one question of a Form.
type Field struct {
	Name     string
	Label    Text
	Help     Text
	Kind     FieldKind
	Required bool
	Value    string // never a secret
	Options  []Option
	Min, Max int // bounds of an Integer; both zero is none

	// Plain is the field of XEP-0077 in which clients without data forms are
	// asked for it: "username", "password", "phone" and so on. Empty: the one of
	// the field's own name, if that is one.
	Plain string
}

// Option is one of the choices of a Field.
type Option struct {
	Value string
	Label Text
}

// FieldKind is what may be answered.
type FieldKind uint8

// The kinds of fields.
const (
	Line    FieldKind = iota // one line of text
	Secret                   // one line, hidden, never shown again
	Lines                    // several lines
	Boolean                  // "true" or "false"
	Integer                  // a whole number within Min and Max
	Choice                   // one of Options
	Choices                  // some of Options
	Info                     // not a question: Value is shown
)

// Secrets returns the names of the form's secret fields.
func (f Form) Secrets() []string {
	var names []string
	for _, field := range f.Fields {
		if field.Kind == Secret {
			names = append(names, field.Name)
		}
	}
	return names
}
