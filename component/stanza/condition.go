package stanza

// Condition is one of the defined conditions of RFC 6120 §8.3.3.
type Condition string

// The defined conditions. RFC 6120 §8.3.3
const (
	BadRequest            Condition = "bad-request"
	Conflict              Condition = "conflict"
	FeatureNotImplemented Condition = "feature-not-implemented"
	Forbidden             Condition = "forbidden"
	Gone                  Condition = "gone"
	InternalServerError   Condition = "internal-server-error"
	ItemNotFound          Condition = "item-not-found"
	JIDMalformed          Condition = "jid-malformed"
	NotAcceptable         Condition = "not-acceptable"
	NotAllowed            Condition = "not-allowed"
	NotAuthorized         Condition = "not-authorized"
	PolicyViolation       Condition = "policy-violation"
	RecipientUnavailable  Condition = "recipient-unavailable"
	Redirect              Condition = "redirect"
	RegistrationRequired  Condition = "registration-required"
	RemoteServerNotFound  Condition = "remote-server-not-found"
	RemoteServerTimeout   Condition = "remote-server-timeout"
	ResourceConstraint    Condition = "resource-constraint"
	ServiceUnavailable    Condition = "service-unavailable"
	SubscriptionRequired  Condition = "subscription-required"
	UndefinedCondition    Condition = "undefined-condition"
	UnexpectedRequest     Condition = "unexpected-request"
)

// ErrorType says what the sender of the failed stanza may do. RFC 6120 §8.3.2
type ErrorType string

// The error types. RFC 6120 §8.3.2
const (
	Auth     ErrorType = "auth"     // retry after giving credentials
	Cancel   ErrorType = "cancel"   // do not retry
	Continue ErrorType = "continue" // it was only a warning
	Modify   ErrorType = "modify"   // retry after changing what was sent
	Wait     ErrorType = "wait"     // retry later
)

// usual has the numeric code of each condition (XEP-0086 §3; those that RFC
// 6120 added have their neighbours') and the type that RFC 6120 §8.3.3 gives
// it first.
var usual = map[Condition]struct {
	code int
	typ  ErrorType
}{
	BadRequest:            {400, Modify},
	Conflict:              {409, Cancel},
	FeatureNotImplemented: {501, Cancel},
	Forbidden:             {403, Auth},
	Gone:                  {302, Cancel},
	InternalServerError:   {500, Cancel},
	ItemNotFound:          {404, Cancel},
	JIDMalformed:          {400, Modify},
	NotAcceptable:         {406, Modify},
	NotAllowed:            {405, Cancel},
	NotAuthorized:         {401, Auth},
	PolicyViolation:       {406, Modify},
	RecipientUnavailable:  {404, Wait},
	Redirect:              {302, Modify},
	RegistrationRequired:  {407, Auth},
	RemoteServerNotFound:  {404, Cancel},
	RemoteServerTimeout:   {504, Wait},
	ResourceConstraint:    {500, Wait},
	ServiceUnavailable:    {503, Cancel},
	SubscriptionRequired:  {407, Auth},
	UndefinedCondition:    {500, Cancel},
	UnexpectedRequest:     {400, Wait},
}

// LegacyCode returns the numeric code that XEP-0086 gives a condition, 0 for
// one that is not defined.
func LegacyCode(c Condition) int { return usual[c].code }
