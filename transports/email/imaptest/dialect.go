package imaptest

import "strings"

// Dialect is how a make of server talks.
type Dialect struct {
	Name     string
	Greeting string // what follows "* OK "
	// Before and After are the capabilities before and after the login. STARTTLS and
	// LOGINDISABLED are added where they belong.
	Before, After []string
	Unasked       bool   // the capabilities are told in the greeting and after the login
	ID            string // the fields of its answer to ID, RFC 2971; empty: NIL
	Separator     string // of folders
	NoKeywords    bool   // no flags but those of RFC 3501 are kept
	Folders       []Folder
}

// Folder is a folder that every user has.
type Folder struct {
	Name  string
	Attrs string // as LIST shows them: `\HasNoChildren \Sent`
}

// Without returns the dialect without some capabilities.
func (d Dialect) Without(capabilities ...string) Dialect {
	keep := func(all []string) (kept []string) {
		for _, c := range all {
			gone := false
			for _, other := range capabilities {
				gone = gone || strings.EqualFold(c, other)
			}
			if !gone {
				kept = append(kept, c)
			}
		}
		return kept
	}
	d.Before, d.After = keep(d.Before), keep(d.After)
	return d
}

// The dialects. The lists of capabilities are those that the servers really offer,
// though this one does not understand all of it.
var (
	// Bare has nothing but RFC 3501: no IDLE, UIDPLUS, MOVE or special folders.
	Bare = Dialect{
		Name: "bare", Greeting: "ready", Separator: "/",
		Before:  strings.Fields("IMAP4rev1 AUTH=PLAIN"),
		After:   strings.Fields("IMAP4rev1"),
		Folders: []Folder{{"INBOX", ""}, {"Sent", ""}, {"Drafts", ""}, {"Junk", ""}, {"Trash", ""}},
	}
	// Dovecot is Dovecot 2.4.
	Dovecot = Dialect{
		Name: "dovecot", Unasked: true, Greeting: "Dovecot ready.", Separator: "/", ID: `"name" "Dovecot"`,
		Before: strings.Fields("IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER"),
		After: strings.Fields(`IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY THREAD=REFERENCES THREAD=REFS
			THREAD=ORDEREDSUBJECT MULTIAPPEND URL-PARTIAL CATENATE UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED
			I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE REPLACE
			SNIPPET=FUZZY PREVIEW=FUZZY PREVIEW SPECIAL-USE STATUS=SIZE SAVEDATE COMPRESS=DEFLATE INPROGRESS NOTIFY LITERAL+`),
		Folders: []Folder{
			{"INBOX", `\HasNoChildren`}, {"Drafts", `\HasNoChildren \Drafts`}, {"Sent", `\HasNoChildren \Sent`},
			{"Junk", `\HasNoChildren \Junk`}, {"Trash", `\HasNoChildren \Trash`},
		},
	}
	// Gmail shows its labels as folders; "[Gmail]" cannot be selected.
	Gmail = Dialect{
		Name: "gmail", Greeting: "Gimap ready for requests from 192.0.2.1 d2e1a72fcca58-imaptest", Separator: "/",
		ID: `"name" "GImap" "vendor" "Google, Inc." "support-url" "https://support.google.com/mail"`,
		Before: strings.Fields(`IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 XYZZY SASL-IR AUTH=XOAUTH2
			AUTH=PLAIN AUTH=PLAIN-CLIENTTOKEN AUTH=OAUTHBEARER`),
		After: strings.Fields(`IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS COMPRESS=DEFLATE ENABLE
			MOVE CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=35651584`),
		Folders: []Folder{
			{"INBOX", `\HasNoChildren`}, {"[Gmail]", `\HasChildren \Noselect`}, {"[Gmail]/All Mail", `\All \HasNoChildren`},
			{"[Gmail]/Drafts", `\Drafts \HasNoChildren`}, {"[Gmail]/Important", `\HasNoChildren \Important`},
			{"[Gmail]/Sent Mail", `\HasNoChildren \Sent`}, {"[Gmail]/Spam", `\HasNoChildren \Junk`},
			{"[Gmail]/Starred", `\Flagged \HasNoChildren`}, {"[Gmail]/Trash", `\HasNoChildren \Trash`},
		},
	}
	// Exchange has no attributes of special folders, and folders that are not of mail.
	Exchange = Dialect{
		Name: "exchange", Greeting: "The Microsoft Exchange IMAP4 service is ready. [QQBCAEMALgBwAHIAbwBkAA==]", Separator: "/",
		ID:     `"name" "Microsoft.Exchange.Imap4.Imap4Server" "version" "15.20"`,
		Before: strings.Fields("IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+"),
		After:  strings.Fields("IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CLIENTACCESSRULES CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE CHILDREN IDLE NAMESPACE LITERAL+"),
		Folders: []Folder{
			{"INBOX", `\Marked \HasNoChildren`}, {"Calendar", `\HasNoChildren`}, {"Contacts", `\HasNoChildren`},
			{"Deleted Items", `\HasNoChildren`}, {"Drafts", `\HasNoChildren`}, {"Junk Email", `\HasNoChildren`},
			{"Outbox", `\HasNoChildren`}, {"Sent Items", `\HasNoChildren`},
		},
	}
	// Cyrus writes attributes as its admin did, and has folders below INBOX.
	Cyrus = Dialect{
		Name: "cyrus", Unasked: true, Greeting: "mail.test Cyrus IMAP 3.6.1 server ready", Separator: ".", ID: `"name" "Cyrus IMAPD" "version" "3.6.1"`,
		Before: strings.Fields("IMAP4rev1 LITERAL+ ID ENABLE AUTH=PLAIN SASL-IR"),
		After: strings.Fields(`IMAP4rev1 LITERAL+ ID ENABLE ACL ANNOTATE-EXPERIMENT-1 BINARY CATENATE CHILDREN CONDSTORE
			CREATE-SPECIAL-USE DIGEST ESEARCH ESORT LIST-EXTENDED LIST-METADATA LIST-MYRIGHTS LIST-STATUS MAILBOX-REFERRALS
			METADATA MOVE MULTIAPPEND NAMESPACE OBJECTID PREVIEW QRESYNC QUOTA REPLACE RIGHTS=kxten SAVEDATE SEARCH=FUZZY
			SORT SORT=MODSEQ SORT=DISPLAY SPECIAL-USE STATUS=SIZE THREAD=ORDEREDSUBJECT THREAD=REFERENCES UIDPLUS UNSELECT
			URL-PARTIAL WITHIN IDLE`),
		Folders: []Folder{
			{"INBOX", `\HasChildren`}, {"INBOX.Drafts", `\HasNoChildren`}, {"INBOX.Sent", `\HasNoChildren \sent`},
			{"INBOX.Junk", `\HasNoChildren \junk`}, {"INBOX.Trash", `\HasNoChildren`},
		},
	}
)
