package message

import (
	"net/url"
	"strings"
)

// List is the mailing list that a mail came by, RFC 2919 and RFC 2369.
type List struct {
	ID   string // List-Id's, lower case
	Name string // what the list calls itself
	Post string // the address to write to; empty where it is not said, or nobody may
	Shut bool   // nobody may write to it
}

// List returns the list that a mail came by, or nil.
func (m *Mail) List() *List {
	name, id := cutListID(fieldText(m.Header.Get("List-Id")))
	if id == "" {
		return nil
	}
	l := &List{ID: id, Name: name}
	post := fieldText(m.Header.Get("List-Post"))
	l.Shut = strings.EqualFold(strings.TrimSpace(strings.SplitN(post, "(", 2)[0]), "NO")
	for _, u := range angleURLs(post) {
		if spec := mailtoAddress(u); spec != "" && l.Post == "" {
			l.Post = spec
		}
	}
	return l
}

// cutListID reads a List-Id: a phrase and the id in angle brackets, or the id
// alone.
func cutListID(field string) (name, id string) {
	name, after, ok := strings.Cut(field, "<")
	if !ok {
		name, after = "", field
	}
	id, _, _ = strings.Cut(after, ">")
	id = strings.ToLower(strings.TrimSpace(id))
	if id == "" || len(id) > 255 || strings.ContainsAny(id, " \t\"(),;:") {
		return "", ""
	}
	name = cutString(strings.Trim(strings.TrimSpace(name), `"' `), 200)
	return name, id
}

// angleURLs returns what stands in angle brackets, RFC 2369 §2.
func angleURLs(field string) (urls []string) {
	for len(urls) < 10 {
		_, after, ok := strings.Cut(field, "<")
		if !ok {
			break
		}
		u, rest, ok := strings.Cut(after, ">")
		if !ok {
			break
		}
		if u = strings.Join(strings.Fields(u), ""); len(u) <= 2000 {
			urls = append(urls, u)
		}
		field = rest
	}
	return urls
}

// mailtoAddress returns the address of a mailto: URL, RFC 6068, or nothing.
func mailtoAddress(u string) string {
	scheme, rest, ok := strings.Cut(u, ":")
	if !ok || !strings.EqualFold(scheme, "mailto") {
		return ""
	}
	rest, _, _ = strings.Cut(rest, "?")
	spec, err := url.PathUnescape(rest)
	if list := parseAddresses(spec); err == nil && len(list) == 1 {
		return list[0].Spec
	}
	return ""
}
