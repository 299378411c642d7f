package twiliotest

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Media is a file of a message.
type Media struct {
	Type string // as the message tells
	Data []byte
	// Served is the Content-Type on the media host; default Type.
	Served string
	// Hops are redirects on the media host before the file.
	Hops int
	// Chunked sends the file without its length.
	Chunked bool
}

// file is a Media that is kept. mu guards the maps it is in; it never changes.
type file struct {
	Media
	sid, account string
	path         string // on the media host
	made         time.Time
}

// file keeps a medium of a message. The caller holds mu.
func (s *Server) file(m *message, medium Media) *file {
	medium.Data = bytes.Clone(medium.Data)
	f := &file{Media: medium, sid: NewSID("ME"), account: m.account, path: "/" + m.account + "/" + NewSID(""), made: s.cfg.Now()}
	fill(&f.Served, f.Type)
	s.files[f.path] = f
	return f
}

// mediaURL is where a medium is got from, with credentials.
func (s *Server) mediaURL(m *message, f *file) string {
	return strings.TrimSuffix(s.URL, s.cfg.Prefix) + s.messagePath(m) + "/Media/" + f.sid
}

// mediumBody is a medium as the API shows it.
type mediumBody struct {
	SID         string `json:"sid"`
	AccountSID  string `json:"account_sid"`
	ParentSID   string `json:"parent_sid"`
	ContentType string `json:"content_type"`
	DateCreated string `json:"date_created"`
	DateUpdated string `json:"date_updated"`
	URI         string `json:"uri"`
}

func (s *Server) mediumBody(m *message, f *file) mediumBody {
	made := f.made.UTC().Format(time.RFC1123Z)
	return mediumBody{f.sid, m.account, m.sid, f.Type, made, made, s.messagePath(m) + "/Media/" + f.sid + ".json"}
}

func (s *Server) listMedia(r *http.Request, a *Account, ids []string) answer {
	m, no := s.messageOf(r, a, ids[0])
	if no != nil {
		return refused(no)
	}
	found, p, no := page(s, r, m.media, func(f *file) string { return f.sid })
	if no != nil {
		return refused(no)
	}
	body := struct {
		pageBody
		All []mediumBody `json:"media_list"`
	}{p, make([]mediumBody, 0, len(found))}
	for _, f := range found {
		body.All = append(body.All, s.mediumBody(m, f))
	}
	return answer{status: http.StatusOK, body: body}
}

// mediumOf finds a medium of a message by its SID, and its place.
func (s *Server) mediumOf(r *http.Request, a *Account, ids []string) (*message, int, *refusal) {
	m, no := s.messageOf(r, a, ids[0])
	if no != nil {
		return nil, 0, no
	}
	for i, f := range m.media {
		if f.sid == ids[2] {
			return m, i, nil
		}
	}
	return nil, 0, refuse(20404, r.URL.Path)
}

func (s *Server) showMedium(r *http.Request, a *Account, ids []string) answer {
	m, i, no := s.mediumOf(r, a, ids)
	if no != nil {
		return refused(no)
	}
	return answer{status: http.StatusOK, body: s.mediumBody(m, m.media[i])}
}

// fetchMedium sends the client to the media host.
func (s *Server) fetchMedium(r *http.Request, a *Account, ids []string) answer {
	m, i, no := s.mediumOf(r, a, ids)
	if no != nil {
		return refused(no)
	}
	to := s.CDN + m.media[i].path
	if n := m.media[i].Hops; n > 0 {
		to += "?hops=" + strconv.Itoa(n)
	}
	return answer{status: http.StatusTemporaryRedirect, to: to}
}

func (s *Server) removeMedium(r *http.Request, a *Account, ids []string) answer {
	m, i, no := s.mediumOf(r, a, ids)
	if no != nil {
		return refused(no)
	}
	delete(s.files, m.media[i].path)
	m.media = slices.Delete(m.media, i, i+1)
	return answer{status: http.StatusNoContent}
}

// serveCDN serves a file to whoever knows its path, as the media host does.
func (s *Server) serveCDN(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f := s.files[r.URL.Path]
	s.fetches.add(Fetched{r.Method, r.URL.Path, r.Header.Get("Authorization") != ""})
	s.counts[OpContent]++
	fault := s.fault(OpContent)
	s.change()
	s.mu.Unlock()
	if s.wait(r, fault); fault.wrong() {
		fault.write(w)
		return
	}
	hops, _ := strconv.Atoi(r.URL.Query().Get("hops"))
	switch {
	case f == nil:
		http.NotFound(w, r)
		return
	case hops > 1:
		http.Redirect(w, r, s.CDN+f.path+"?hops="+strconv.Itoa(hops-1), http.StatusFound)
		return
	case hops == 1:
		http.Redirect(w, r, s.CDN+f.path, http.StatusFound)
		return
	}
	w.Header().Set("Content-Type", f.Served)
	if f.Chunked {
		_ = http.NewResponseController(w).Flush()
	} else {
		w.Header().Set("Content-Length", strconv.Itoa(len(f.Data)))
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(f.Data)
	}
}
