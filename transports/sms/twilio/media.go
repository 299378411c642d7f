package twilio

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"unicode"

	v2010 "github.com/twilio/twilio-go/rest/api/v2010"

	"wherry/transports"
	"wherry/transports/dial"
	"wherry/transports/sms/provider"
)

// accountsPath is where the API has what belongs to accounts.
const accountsPath = "/2010-04-01/Accounts/"

// Media lists the files of a message.
func (p *Provider) Media(ctx context.Context, c provider.Credentials, id string) ([]provider.Medium, error) {
	sid, ok := p.messageSID(id)
	if !ok {
		return nil, noMessage()
	}
	api, one, err := p.connect(ctx, c, loginOf(c), false)
	if err != nil {
		return nil, err
	}
	page, err := api.PageMedia(sid, new(v2010.ListMediaParams).SetPageSize(pageSize), "", "")
	switch {
	case err != nil:
		return nil, one.fault(err)
	case page.MediaList == nil:
		return nil, one.missing("files")
	}
	var media []provider.Medium
	for _, m := range page.MediaList {
		if name := value(m.Sid); pathSafe.MatchString(name) && len(media) < mostMedia {
			media = append(media, provider.Medium{
				Ref:  p.base + accountsPath + c.Account + "/Messages/" + sid + "/Media/" + name,
				Type: value(m.ContentType),
			})
		}
	}
	return media, nil
}

// Fetch opens a file of Twilio's. The API's own host is told who asks; where it
// sends us on to is not.
func (p *Provider) Fetch(ctx context.Context, c provider.Credentials, ref string) (*transports.Content, error) {
	as := loginOf(c)
	if err := p.check(c.Account, as); err != nil {
		return nil, err
	}
	u, err := url.Parse(ref)
	if err != nil || u.User != nil || u.Host == "" {
		return nil, noFile("no URL of a file")
	}
	if p.isShared(ref) {
		if u, err = p.direct(ctx, c, ref); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, noFile("no URL of a file")
	}
	r.Header.Set("User-Agent", agent)
	r.Header.Set("Accept-Encoding", "identity")
	if p.isAPI(u) {
		if !p.isMedia(u, c.Account) {
			return nil, noFile("not a file of the account's")
		}
		r.SetBasicAuth(as.user, as.secret)
	}
	answer, err := p.files.Do(r)
	if err != nil {
		return nil, dial.Failure(err)
	}
	content, err := contentOf(answer)
	if answer.StatusCode == http.StatusUnauthorized && p.isAPI(answer.Request.URL) {
		err = failures["401"].error("401", errors.New("status 401"))
	}
	if err != nil {
		_ = answer.Body.Close()
		return nil, err
	}
	return content, nil
}

// isAPI tells whether a URL leads to the host of the API, by the same scheme
// and port.
func (p *Provider) isAPI(u *url.URL) bool {
	return p.url != nil && strings.EqualFold(u.Scheme, p.url.Scheme) && strings.EqualFold(u.Hostname(), p.url.Hostname()) && port(u) == port(p.url)
}

// port is the port of a URL, its scheme's own where it has none.
func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case strings.EqualFold(u.Scheme, "http"):
		return "80"
	}
	return "443"
}

// isMedia tells whether a URL of the API's host is that of a file in a message.
// Nothing else is ever fetched with credentials: the account itself would be
// shown with its token.
func (p *Provider) isMedia(u *url.URL, account string) bool {
	rest, ok := strings.CutPrefix(u.EscapedPath(), p.url.EscapedPath()+accountsPath+account+"/Messages/")
	parts := strings.Split(rest, "/")
	return ok && len(parts) == 3 && pathSafe.MatchString(parts[0]) && parts[1] == "Media" && pathSafe.MatchString(parts[2])
}

// hostListed tells whether a URL's host is one of a list: a host, or all below
// a domain where it begins with "*.".
func hostListed(u *url.URL, hosts []string) bool {
	host := strings.ToLower(u.Hostname())
	for _, allowed := range hosts {
		domain, below := strings.CutPrefix(strings.ToLower(allowed), "*")
		if host == domain || below && strings.HasSuffix(host, domain) && len(host) > len(domain) {
			return true
		}
	}
	return false
}

// contentOf reads the head of an answer.
func contentOf(r *http.Response) (*transports.Content, error) {
	if r.StatusCode != http.StatusOK {
		return nil, dial.StatusFailure(r)
	}
	if packed := r.Header.Get("Content-Encoding"); packed != "" && !strings.EqualFold(packed, "identity") {
		return nil, garbage(fmt.Errorf("content encoding %.40q", packed), false)
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		kind = ""
	}
	return &transports.Content{Body: r.Body, Name: fileName(r.Header.Get("Content-Disposition")), Type: kind, Size: r.ContentLength}, nil
}

// mostName is how many bytes the name of a file may have.
const mostName = 255

// fileName reads a Content-Disposition (RFC 6266); empty where it names no file.
func fileName(disposition string) string {
	_, params, err := mime.ParseMediaType(disposition)
	if err != nil {
		return ""
	}
	name := path.Base("/" + strings.ReplaceAll(params["filename"], `\`, "/"))
	if name == "/" || name == "." || name == ".." || len(name) > mostName || strings.ContainsFunc(name, unicode.IsControl) {
		return ""
	}
	return strings.ToValidUTF8(name, "")
}

// noFile is the error of a reference that is not to a file of Twilio's.
func noFile(why string) error {
	return &transports.Error{Kind: transports.NotAllowed, Text: transports.T("That is no file of Twilio's."), Err: errors.New(why)}
}
