package plain

import (
	"strings"
)

// How many lines a signature, and a line added by a program, may have.
const (
	maxSignature     = 15
	maxBareSignature = 6 // after a delimiter that is not just right
	maxFooter        = 12
)

// isDelimiter tells whether a line is what stands before a signature, RFC 3676
// §4.3, and whether it is just that: blanks are lost on the way, or added.
func isDelimiter(line string) (delimiter, sure bool) {
	switch strings.TrimRight(line, "\u00a0") {
	case "-- ", "--  ":
		return true, true
	case "--", "—", "––":
		return true, false
	}
	return false, false
}

// sentFrom is what telephones and their programs put below a mail.
var sentFrom = lazy(`(?i)^\s*(?:` + strings.Join([]string{
	`(?:sent|written) (?:from|via|with|using|on) (?:my |the )?.{2,60}`, `get outlook for .{2,60}`, `sent by .{2,30} (?:phone|mail)`, `download .{2,20} for (?:ios|android)`,
	`(?:von|mit) (?:meinem|meiner|der|dem) .{2,60} (?:gesendet|verschickt|versendet|geschrieben)`, `gesendet (?:von|mit|aus) .{2,60}`, `diese nachricht wurde von meinem .{2,60} gesendet`, `holen sie sich outlook .{2,40}`, `outlook für (?:ios|android) .{0,40}`,
	`envoyé (?:de|depuis|à partir de|avec) .{2,60}`, `(?:télécharger|obtenez|obtenir) outlook pour .{2,40}`,
	`enviado (?:desde|do|a partir do|de|com|con|via) .{2,60}`, `(?:obtener|obter|descarga) outlook (?:para|pro) .{2,40}`,
	`inviato (?:da|dal|dall'|con) ?.{2,60}`, `(?:ottieni|scarica) outlook per .{2,40}`,
	`(?:verstuurd|verzonden) (?:vanaf|vanuit|met|via) .{2,60}`, `outlook voor .{2,40} downloaden`,
	`wysłan[eoy] (?:z|za pomocą|przy użyciu) .{2,60}`, `pobierz (?:aplikację )?outlook .{2,40}`,
	`отправлено (?:с|из|через) .{2,60}`, `скачать outlook .{2,40}`,
	`skickat från .{2,60}`, `(?:hämta|hent) outlook (?:för|til|for) .{2,40}`, `sendt fra .{2,60}`,
	`lähetetty .{2,60}(?:sta|stä|lta|ltä|lla|llä)`, `hanki outlook .{2,40}`,
	`odesláno (?:z|ze|pomocí) .{2,60}`, `.{2,40}(?:'?[ıiuü]m?dan|'?den|'?dan|ile|mden) gönderildi`,
	`.{2,40}から送信`, `发自我的.{2,40}`, `發自我的.{2,40}`, `從我的.{2,40}(?:傳送|寄出)`, `来自我的.{2,40}`, `从我的.{2,40}发送`, `나의 .{2,40}에서 보냄`, `내 .{2,40}에서 보냄`, `.{2,40}에서 (?:보냄|전송함)`,
}, "|") + `)\s*(?:<https?://\S+>)?\s*\.?\s*$`)

// footer is what programs add to each mail.
var footer = lazy(`(?i)^\s*(?:virus[- ]free\b.*|this e-?mail (?:has been|was) checked for viruses by .*|diese e-?mail wurde von .* auf viren geprüft.*|l'absence de virus dans ce courrier .*)\s*(?:<https?://\S+>)?\s*$`)

// listRule begins what mailing lists (Mailman and others) add below a mail.
var (
	listRule  = lazy(`^_{40,}\s*$`)
	listWords = lazy(`(?i)mailing list|mailman|listinfo|unsubscribe|@.*\blists?\b|to (?:leave|unsubscribe)|mailingliste|liste de diffusion|lista de correo`)
)

// cutListFooter takes away what a mailing list added at the end.
func cutListFooter(lines []string) []string {
	for i := len(lines) - 1; i >= max(0, len(lines)-maxFooter); i-- {
		if listRule().MatchString(lines[i]) {
			if listWords().MatchString(strings.Join(lines[i+1:], "\n")) {
				return lines[:i]
			}
			break
		}
	}
	return lines
}

// IsListFooter tells whether a text is only what a mailing list adds to mails.
func IsListFooter(s string) bool {
	lines := trimBlank(strings.Split(unixLines(s), "\n"))
	return len(lines) > 0 && len(lines) <= maxFooter && blank(cutListFooter(lines))
}

// cutProgramLines takes away what a program added at the end.
func cutProgramLines(lines []string) []string {
	for range maxFooter {
		lines = trimBlank(lines)
		n := len(lines)
		switch {
		case n > 0 && len(lines[n-1]) < maxLine && (sentFrom().MatchString(lines[n-1]) || footer().MatchString(lines[n-1])):
			lines = lines[:n-1]
		case n > 1 && len(lines[n-1]) < 100 && strings.HasPrefix(lines[n-1], "<http") && len(lines[n-2]) < maxLine && sentFrom().MatchString(lines[n-2]): // its URL
			lines = lines[:n-2]
		default:
			return lines
		}
	}
	return lines
}

// cutSignature takes away a signature at the end, and tells whether it surely was
// one.
func cutSignature(lines []string) (rest []string, sure bool) {
	written := 0 // lines that are not blank
	for i := len(lines) - 1; i >= 0 && written <= maxSignature; i-- {
		if lines[i] == markSignature {
			rest = trimBlank(lines[:i])
			if n := len(rest); n > 0 {
				if d, _ := isDelimiter(rest[n-1]); d { // Gmail puts it before its container
					rest = rest[:n-1]
				}
			}
			return rest, true
		}
		switch d, sure := isDelimiter(lines[i]); {
		case !d:
		case sure || written == 0:
			return lines[:i], true
		case written <= maxBareSignature && strings.TrimSpace(lines[i+1]) != "":
			return lines[:i], false
		default:
			return lines, true
		}
		if isQuoted(lines[i]) {
			break
		}
		if strings.TrimSpace(lines[i]) != "" {
			written++
		}
	}
	return lines, true
}

func trimBlank(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}
