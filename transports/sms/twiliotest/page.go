package twiliotest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// pageBody is what every list of the API begins with.
type pageBody struct {
	Page        int     `json:"page"`
	PageSize    int     `json:"page_size"`
	Start       int     `json:"start"`
	End         int     `json:"end"`
	URI         string  `json:"uri"`
	FirstURI    string  `json:"first_page_uri"`
	NextURI     *string `json:"next_page_uri"`
	PreviousURI *string `json:"previous_page_uri"`
}

const (
	pageDefault = 50
	pageMost    = 1000
)

// page cuts out of a list what a request's PageSize, Page and PageToken ask
// for. A token names the last item of the page before: what came meanwhile
// shifts nothing.
func page[T any](s *Server, r *http.Request, all []T, id func(T) string) ([]T, pageBody, *refusal) {
	q := r.URL.Query()
	size, at := pageDefault, 0
	for name, field := range map[string]*int{"PageSize": &size, "Page": &at} {
		if !q.Has(name) {
			continue
		}
		n, err := strconv.Atoi(q.Get(name))
		if err != nil || n < 0 || name == "PageSize" && n == 0 {
			return nil, pageBody{}, refuse(20001, name)
		}
		*field = n
	}
	size = min(size, pageMost)
	from := min(at*size, len(all))
	if token := q.Get("PageToken"); len(token) > 2 {
		from = slices.IndexFunc(all, func(v T) bool { return id(v) == token[2:] }) + 1
		if from == 0 {
			return nil, pageBody{}, refuse(20001, "PageToken")
		}
	}
	cut := all[from:min(from+size, len(all))]
	link := func(page int, token string) string {
		v := url.Values{}
		for name, values := range q {
			v[name] = values
		}
		v.Set("PageSize", strconv.Itoa(size))
		v.Set("Page", strconv.Itoa(page))
		v.Del("PageToken")
		if token != "" {
			v.Set("PageToken", token)
		}
		return r.URL.Path + "?" + v.Encode()
	}
	p := pageBody{Page: at, PageSize: size, Start: at * size, End: at*size + max(len(cut)-1, 0), URI: r.URL.RequestURI(), FirstURI: link(0, "")}
	if from+len(cut) < len(all) && len(cut) > 0 {
		next := link(at+1, "PA"+id(cut[len(cut)-1]))
		p.NextURI = &next
	}
	if at > 0 {
		before := link(at-1, "")
		p.PreviousURI = &before
	}
	return cut, p, nil
}
