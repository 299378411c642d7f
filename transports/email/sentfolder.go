package email

import (
	"context"
	"slices"
	"strings"

	wire "github.com/emersion/go-imap/v2"

	"wherry/transports/email/imap"
)

// foldersMost bounds how many folders are looked at.
const foldersMost = 5000

// sentNames are what the folder of sent mails is called where the server does not
// mark it, in lower case: by mail programs, in the languages that are about.
var sentNames = []string{
	"sent", "sent items", "sent mail", "sent messages", "sent-mail", "sentmail", "outgoing",
	"gesendet", "gesendete elemente", "gesendete objekte", "gesendete nachrichten", "gesendete mails", "postausgang",
	"envoyés", "éléments envoyés", "messages envoyés", "courrier envoyé", "objets envoyés",
	"enviados", "elementos enviados", "mensajes enviados", "correo enviado", "itens enviados", "mensagens enviadas", "enviadas",
	"inviati", "inviata", "posta inviata", "elementi inviati", "messaggi inviati",
	"verzonden", "verzonden items", "verzonden berichten", "verzonden objecten",
	"wysłane", "elementy wysłane", "wysłane wiadomości", "odeslané", "odeslaná pošta", "odoslané", "elküldött", "elküldött elemek", "elküldött üzenetek",
	"skickat", "skickade objekt", "skickade meddelanden", "sendt", "sendte elementer", "sendt post", "sendte", "lähetetyt", "lähetetyt viestit",
	"отправленные", "отправленные элементы", "надіслані", "изпратени", "poslano", "poslane stavke", "trimise", "gönderilmiş öğeler", "gönderilenler", "απεσταλμένα",
	"送信済み", "送信済みアイテム", "送信済みトレイ", "送信済みメール", "已发送", "已发送邮件", "已傳送", "寄件備份", "已寄出", "보낸편지함", "보낸 편지함", "보낸 메일함",
}

// sentFolder returns the folder of sent mails. Where there is none, it is made.
func (s *Session) sentFolder(ctx context.Context, c *imap.Client) (string, error) {
	s.out.mu.Lock()
	folder := s.out.folder
	s.out.mu.Unlock()
	if folder != "" {
		return folder, nil
	}
	all, err := folders(ctx, c)
	if err != nil {
		return "", err
	}
	if folder = chooseSent(all); folder == "" {
		folder = newSent(all)
		if err := ask(ctx, c, 0, func() error { return c.Create(folder, nil).Wait() }); err != nil {
			return "", err
		}
	}
	s.out.mu.Lock()
	s.out.folder = folder
	s.out.mu.Unlock()
	return folder, nil
}

// folders lists the folders of a mailbox.
func folders(ctx context.Context, c *imap.Client) (all []*wire.ListData, err error) {
	var o *wire.ListOptions
	if caps := c.Caps(); caps.Has(wire.CapSpecialUse) && caps.Has(wire.CapListExtended) {
		o = &wire.ListOptions{ReturnSpecialUse: true} // RFC 6154 §2: else they need not be told
	}
	err = ask(ctx, c, 0, func() error {
		cmd := c.List("", "*", o)
		for f := cmd.Next(); f != nil; f = cmd.Next() {
			if len(all) < foldersMost {
				all = append(all, f)
			}
		}
		return cmd.Close()
	})
	return all, err
}

// chooseSent returns the folder of sent mails, or nothing.
func chooseSent(all []*wire.ListData) string {
	return chooseFolder(all, wire.MailboxAttrSent, sentNames)
}

// chooseFolder returns the folder that is marked as that of a use (RFC 6154), in
// whatever case the administrator wrote that; else the one that is called so, at
// the highest place. It returns nothing where there is none.
func chooseFolder(all []*wire.ListData, use wire.MailboxAttr, called []string) string {
	best, rank := "", 0
	for _, f := range all {
		if has(f.Attrs, wire.MailboxAttrNoSelect) || has(f.Attrs, wire.MailboxAttrNonExistent) {
			continue
		}
		if has(f.Attrs, use) {
			return f.Mailbox
		}
		path := []string{f.Mailbox}
		if f.Delim != 0 {
			path = strings.Split(f.Mailbox, string(f.Delim))
		}
		if len(path) > 1 && strings.EqualFold(path[0], "INBOX") {
			path = path[1:]
		}
		i := slices.Index(called, strings.ToLower(path[len(path)-1]))
		if i < 0 {
			continue
		}
		if r := len(path)*len(called) + i; best == "" || r < rank {
			best, rank = f.Mailbox, r
		}
	}
	return best
}

func has(attrs []wire.MailboxAttr, a wire.MailboxAttr) bool {
	return slices.ContainsFunc(attrs, func(one wire.MailboxAttr) bool { return strings.EqualFold(string(one), string(a)) })
}

// newSent names a folder of sent mails to be made: below INBOX where all others
// are.
func newSent(all []*wire.ListData) string {
	const name = "Sent"
	prefix := ""
	for _, f := range all {
		if strings.EqualFold(f.Mailbox, "INBOX") {
			continue
		}
		if f.Delim == 0 || len(f.Mailbox) < 6 || !strings.EqualFold(f.Mailbox[:6], "INBOX"+string(f.Delim)) {
			return name
		}
		prefix = f.Mailbox[:6]
	}
	return prefix + name
}
