package upload

import (
	"bytes"
	"mime"
	"net/http"
	"slices"
	"strings"
)

const (
	unknown  = "application/octet-stream"
	headMost = 512 // bytes of a file that tell its type
	typeMost = 100 // bytes of a media type
)

// inline are the types that a browser or client may show in place: they are
// no documents, and run nothing. Each has the endings of its files, the usual
// one first.
var inline = map[string][]string{
	"image/jpeg":      {"jpg", "jpeg", "jpe", "jfif"},
	"image/png":       {"png"},
	"image/gif":       {"gif"},
	"image/webp":      {"webp"},
	"image/bmp":       {"bmp"},
	"image/avif":      {"avif"},
	"image/heic":      {"heic"},
	"image/heif":      {"heif"},
	"audio/mpeg":      {"mp3"},
	"audio/mp4":       {"m4a", "mp4"},
	"audio/aac":       {"aac"},
	"audio/ogg":       {"ogg", "oga", "opus"},
	"audio/opus":      {"opus"},
	"audio/wav":       {"wav"},
	"audio/flac":      {"flac"},
	"audio/amr":       {"amr"},
	"audio/3gpp":      {"3gp"},
	"audio/webm":      {"weba", "webm"},
	"video/mp4":       {"mp4", "m4v"},
	"video/3gpp":      {"3gp"},
	"video/3gpp2":     {"3g2"},
	"video/webm":      {"webm"},
	"video/ogg":       {"ogv", "ogg"},
	"video/quicktime": {"mov", "qt"},
	"video/mpeg":      {"mpg", "mpeg"},
}

// endings are those of further types. They are never shown in place.
var endings = map[string][]string{
	"text/plain":                   {"txt"},
	"text/vcard":                   {"vcf"},
	"text/x-vcard":                 {"vcf"},
	"text/directory":               {"vcf"},
	"text/calendar":                {"ics"},
	"text/csv":                     {"csv"},
	"application/pdf":              {"pdf"},
	"application/zip":              {"zip"},
	"application/gzip":             {"gz"},
	"application/msword":           {"doc"},
	"application/vnd.ms-excel":     {"xls"},
	"application/vnd.ms-outlook":   {"msg"},
	"application/rtf":              {"rtf"},
	"message/rfc822":               {"eml"},
	"application/vnd.apple.pkpass": {"pkpass"},
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   {"docx"},
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         {"xlsx"},
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": {"pptx"},
	"application/vnd.oasis.opendocument.text":                                   {"odt"},
	unknown: {"bin"},
}

// aliases are other names of types.
var aliases = map[string]string{
	"image/jpg":           "image/jpeg",
	"image/pjpeg":         "image/jpeg",
	"image/x-png":         "image/png",
	"image/x-ms-bmp":      "image/bmp",
	"audio/mp3":           "audio/mpeg",
	"audio/x-m4a":         "audio/mp4",
	"audio/m4a":           "audio/mp4",
	"audio/x-wav":         "audio/wav",
	"audio/wave":          "audio/wav",
	"audio/vnd.wave":      "audio/wav",
	"audio/x-flac":        "audio/flac",
	"audio/amr-nb":        "audio/amr",
	"application/ogg":     "audio/ogg",
	"binary/octet-stream": unknown,
}

// magics are beginnings of files that http.DetectContentType does not know.
var magics = []struct {
	at     int
	magic  string
	detect string
}{
	{0, "#!AMR", "audio/amr"},
	{0, "fLaC", "audio/flac"},
	{0, "\xff\xf1", "audio/aac"},
	{0, "\xff\xf9", "audio/aac"},
	{0, "\xff\xfb", "audio/mpeg"},
	{0, "\xff\xf3", "audio/mpeg"},
	{0, "\xff\xf2", "audio/mpeg"},
	{0, "\x00\x00\x01\xba", "video/mpeg"},
	{0, "\x00\x00\x01\xb3", "video/mpeg"},
	{4, "ftyp3g2", "video/3gpp2"},
	{4, "ftyp3g", "video/3gpp"},
	{4, "ftypavif", "image/avif"},
	{4, "ftypheic", "image/heic"},
	{4, "ftypheix", "image/heic"},
	{4, "ftypmif1", "image/heif"},
	{4, "ftypqt", "video/quicktime"},
	{4, "ftypM4A", "audio/mp4"},
	{4, "ftyp", "video/mp4"},
}

// containers are types of which the first bytes tell no more than the first of
// each: the others are taken as they were told.
var containers = map[string][]string{
	"audio/ogg":  {"audio/opus", "video/ogg"},
	"video/webm": {"audio/webm"},
	"video/mp4":  {"audio/mp4", "video/quicktime", "video/3gpp", "video/3gpp2", "audio/3gpp"},
	"video/3gpp": {"audio/3gpp", "video/3gpp2", "video/mp4"},
	"image/heif": {"image/heic", "image/avif"},
	"audio/mp4":  {"video/mp4"},
}

// TypeOf returns the media type of a file, without parameters, by what was told
// of it and by its first 512 bytes: what they show counts where nothing was
// told, and where something was told that a client would show in place, but
// which it is not (SMS-X5).
func TypeOf(told string, head []byte) string {
	typ, _, err := mime.ParseMediaType(told)
	if err != nil || strings.Count(typ, "/") != 1 || len(typ) > typeMost {
		typ = unknown
	}
	if other, ok := aliases[typ]; ok {
		typ = other
	}
	seen := sniff(head)
	_, shown := inline[typ]
	switch {
	case document(seen) && (shown || typ == unknown):
		return unknown
	case typ == unknown, shown && seen != unknown && !slices.Contains(containers[seen], typ):
		return seen
	}
	// A file that nobody knows is no document either, and is not taken for one.
	return typ
}

// sniff returns what the first bytes of a file show.
func sniff(head []byte) string {
	head = head[:min(len(head), headMost)]
	for _, m := range magics {
		if len(head) > m.at && bytes.HasPrefix(head[m.at:], []byte(m.magic)) {
			return m.detect
		}
	}
	typ, _, _ := mime.ParseMediaType(http.DetectContentType(head))
	if other, ok := aliases[typ]; ok {
		typ = other
	}
	return typ
}

// document tells whether a browser would run what stands in a file of the type.
func document(typ string) bool {
	return strings.HasSuffix(typ, "/html") || strings.HasSuffix(typ, "/xml") || strings.HasSuffix(typ, "+xml") ||
		strings.Contains(typ, "script") || typ == "text/css"
}
