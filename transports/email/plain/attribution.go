package plain

import (
	"regexp"
	"strings"
)

// maxAttribution is how long an attribution may be, in bytes and lines.
const (
	maxAttribution      = 500
	maxAttributionLines = 4
)

// attributions are the lines that programs put before a quote: who wrote when.
// Each is whole, in one line. They are by language: en, de, fr, es, it, nl, pt,
// pl, ru, sv/da/no, fi, cs, tr, ja, zh, ko.
var attributions = lazy(`(?i)^\*?(?:` + strings.Join([]string{
	`on .{6,}\bwrote`, `.{3,}\bwrote(?: (?:on|at|in message) .+)?`, `on .{6,}\bat .{3,}\bwrote`, `in (?:message|article) .+ (?:wrote|writes)`, `.{3,} (?:said|writes)`, `quoting .{3,}`,
	`(?:am|on|den) .{6,}\bschrieb(?: .{3,})?`, `.{3,}\bschrieb(?: am .+| \(.+\)|:? .+ um .+)?`, `(?:am|zitat von) .{3,}(?:geschrieben)?`, `.{3,} hat am .+ geschrieben`,
	`(?:le|on) .{6,}(?:a|à) écrit ?`, `.{3,} a écrit(?: .*)?`,
	`(?:el|on|a las) .{6,}\bescribió`, `.{3,}\bescribi(?:ó|o)(?: .*)?`, `.{3,} ha escrito(?: .*)?`,
	`(?:il|in data|on|alle|da) .{6,}\b(?:ha scritto|scrisse)`, `.{3,} (?:ha scritto|scrive)(?: .*)?`,
	`(?:op|on) .{6,}\b(?:schreef|geschreven)(?: .{3,})?`, `.{3,}\bschreef(?: op .+)?`, `.{3,} heeft .+ geschreven`,
	`(?:em|no dia|a|on|às|no) .{6,}\bescreveu`, `.{3,}\bescreveu(?: .*)?`,
	`(?:w dniu|dnia|on|.{3,}) .{3,}\b(?:napisał(?:\(a\)|/a|a)?|pisze|napisano)`, `.{3,} (?:napisał(?:\(a\)|a)?|pisze)(?: .*)?`,
	`.{3,}(?:пишет|писал(?:а|\(а\))?|написал(?:а|\(а\)|/а)?|написано)(?: .*)?`,
	`(?:den|on|kl\.?|på|fra|.{3,}) .{3,}\bskrev(?: .{3,}|følgende)?`, `.{3,}\b(?:skrev|skriver)(?: .*)?`,
	`.{6,}\bkirjoitti(?: .*)?`,
	`(?:dne|on|.{3,}) .{3,}\bnapsal(?:\(a\)|/a|a)?(?: .*)?`, `.{3,} (?:píše|odesláno)`,
	`.{6,}(?:şunu yazdı|tarihinde yazdı|yazdı|yazmış)`,
	`.{6,}(?:のメール|は書きました|さんは?書きました|が書きました|さんからのメール|に .*書いた|のメッセージ)`,
	`.{6,}(?:写道|寫道|寫到|撰寫|写到)`, `在 ?\d.{6,}`, `.{3,}于.{6,}`,
	`.{6,}(?:님이 작성|작성|님이 쓴 글|썼습니다|님의 말|에 쓴 글)`,
	`.*\d.*<[^<>\s]+@[^<>\s]+>`, `\d{4}(?:年|-|/).{6,}@.+`, `\d{4}년.{6,}`,
}, "|") + `)\s*\*?[:：]\s*\*?$`)

// strongAttribution has a date, or an address, as only attributions have before a
// quote that is not marked line by line.
var strongAttribution = lazy(`(?i)\d{1,2}[.:/\-年h].*|<[^<>\s]+@[^<>\s]+>|\[mailto:`)

// How an attribution begins that goes over several lines: by what says when, or
// by an address.
var (
	dateFirst    = lazy(`(?i)^(?:on|am|le|el|il|op|em|den|in|a las|no dia|w dniu|dnia|dne)\s.*\d|^[^\s,.:]{1,14}[.,]?,? \d`)
	addressFirst = lazy(`[<@]`)
)

// attributionCost is how many tests an attribution takes: there are many patterns.
const attributionCost = 10

// attributionAt tells whether an attribution begins at lines[i], and where what
// follows it begins. It may go over several lines.
func attributionAt(lines []string, i int, tests *int) (after int, ok bool) {
	joined := ""
	for n := 0; n < maxAttributionLines && i+n < len(lines); n++ {
		line := strings.TrimSpace(lines[i+n])
		if line == "" || isQuoted(line) || strings.ContainsAny(line, marks) || len(joined)+len(line) > maxAttribution {
			return 0, false
		}
		if joined = strings.TrimSpace(joined + " " + line); !strings.HasSuffix(strings.TrimRight(joined, " *"), ":") && !strings.HasSuffix(joined, "：") {
			continue
		}
		if *tests -= attributionCost; *tests < 0 {
			return 0, false
		}
		if !attributions().MatchString(joined) {
			continue
		}
		if n > 0 && !dateFirst().MatchString(lines[i]) && !addressFirst().MatchString(lines[i]) {
			return 0, false // what stands before it belongs to the text
		}
		for m := 1; m <= n; m++ {
			if dateFirst().MatchString(strings.TrimSpace(lines[i+m])) && attributions().MatchString(strings.TrimSpace(strings.Join(lines[i+m:i+n+1], " "))) {
				return 0, false // it begins there
			}
		}
		return i + n + 1, true
	}
	return 0, false
}

// labels are the names of the fields that Outlook and others write before a quote
// that is not marked.
var (
	labelFrom    = labels("From", "Von", "De", "Da", "Van", "Od", "От", "От кого", "Från", "Fra", "Lähettäjä", "Kimden", "Gönderen", "差出人", "送信者", "发件人", "寄件者", "寄件人", "보낸 사람", "보낸사람", "发件者")
	labelSent    = labels("Sent", "Date", "Gesendet", "Datum", "Envoyé", "Envoyé le", "Date ", "Enviado", "Enviado el", "Enviada em", "Enviada", "Fecha", "Inviato", "Data", "Verzonden", "Wysłano", "Data wysłania", "Отправлено", "Дата", "Skickat", "Sendt", "Dato", "Lähetetty", "Päivämäärä", "Odesláno", "Gönderildi", "Gönderme Tarihi", "Tarih", "送信日時", "日時", "日付", "发送时间", "发送日期", "日期", "寄件日期", "傳送時間", "보낸 날짜", "날짜", "보낸날짜")
	labelTo      = labels("To", "An", "À", "A", "Para", "Aan", "Do", "Кому", "Till", "Til", "Vastaanottaja", "Komu", "Kime", "Alıcı", "宛先", "收件人", "收件者", "받는 사람", "받는사람", "Cc", "Kopie", "CC", "Kopia", "Copia")
	labelSubject = labels("Subject", "Betreff", "Objet", "Asunto", "Oggetto", "Onderwerp", "Assunto", "Temat", "Тема", "Ämne", "Emne", "Aihe", "Předmět", "Konu", "件名", "主题", "主題", "主旨", "제목")
)

// labels returns what finds one of the names, with a colon after it.
func labels(names ...string) pattern {
	for i, n := range names {
		names[i] = regexp.QuoteMeta(n)
	}
	return lazy(`(?i)^\s*\*?(?:` + strings.Join(names, "|") + `)\s?\*?\s?[:：]\*?\s*\S`)
}

// headerAt tells whether the fields of a mail stand at lines[i]: who wrote, and
// at least two of when, to whom and about what.
func headerAt(lines []string, i int, tests *int) bool {
	if !hasLabel(lines[i]) || !try(tests) || !labelFrom().MatchString(lines[i]) {
		return false
	}
	sent, to, subject := 0, 0, 0
	for n, line := range lines[i+1 : min(len(lines), i+9)] {
		switch {
		case strings.TrimSpace(line) == "" && n > 0:
			return sent+to+subject >= 2
		case !hasLabel(line):
		case labelSent().MatchString(line):
			sent = 1
		case labelSubject().MatchString(line):
			subject = 1
		case labelTo().MatchString(line):
			to = 1
		}
	}
	return sent+to+subject >= 2
}

// maxLine is how long a line may be that programs put before a quote.
const maxLine = 300

// try takes one of the tests that are left.
func try(tests *int) bool {
	*tests--
	return *tests >= 0
}

// hasLabel tells whether a line may begin with a label.
func hasLabel(line string) bool {
	return len(line) < 4<<10 && strings.ContainsAny(line[:min(len(line), 60)], ":：")
}

// isOriginal tells whether a line says that what follows is quoted.
func isOriginal(line string, tests *int) bool {
	t := strings.TrimSpace(line)
	return len(t) < maxLine && (strings.HasPrefix(t, "--") || strings.HasPrefix(t, "原") || strings.HasPrefix(t, "元")) && try(tests) && originalMark().MatchString(t)
}

// isForward tells whether a line says that what follows is passed on.
func isForward(line string, tests *int) bool {
	t := strings.TrimSpace(line)
	return len(t) < maxLine && (strings.HasPrefix(t, "--") || strings.HasSuffix(t, ":") || strings.HasSuffix(t, "：")) && try(tests) && forwardMark().MatchString(t)
}

// originalMark is the line that Outlook and others put before what they quote.
var originalMark = lazy(`(?i)^\s*-{2,}\s*(?:original (?:message|mail|e-?mail)|(?:mail|e-mail|courriel) (?:original|d'origine)|reply message|ursprüngliche (?:nachricht|e-?mail)|originalnachricht|original-nachricht|message d'origine|message original|mensaje original|mensagem original|messaggio originale|oorspronkelijk bericht|oorspronkelijke bericht|wiadomość oryginalna|oryginalna wiadomość|исходное сообщение|пересылаемое сообщение|original(?:t)? meddelande|ursprungligt meddelande|oprindelig meddelelse|opprinnelig melding|alkuperäinen viesti|původní (?:zpráva|e-?mail)|orijinal mesaj|özgün ileti|元のメッセージ|original message|原始邮件|原始郵件|원본 메시지|원본 메일)\s*-{2,}\s*$|^\s*(?:-{2,}\s*)?(?:原始邮件|元のメッセージ)(?:\s*-{2,})?\s*$`)

// forwardMark is the line before a mail that is passed on.
var forwardMark = lazy(`(?i)^\s*(?:-{2,}\s*(?:forwarded (?:message|mail|by .*)|weitergeleitete (?:nachricht|e-?mail|mail)|message transféré|message transmis|courriel transféré|mensaje (?:reenviado|enviado)|mensagem (?:encaminhada|reencaminhada)|messaggio inoltrato|doorgestuurd bericht|wiadomość przekazana|przekazana wiadomość|treść przekazanej wiadomości|пересылаемое сообщение|пересланное сообщение|vidarebefordrat (?:meddelande|brev)|videresendt (?:meddelelse|melding|besked)|edelleenlähetetty viesti|välitetty viesti|přeposlaná zpráva|iletilen (?:ileti|mesaj|posta)|yönlendirilen mesaj|転送(?:された)?メッセージ|转发(?:的)?(?:邮件|信息|消息)|轉寄(?:的)?郵件|轉寄訊息|전달된 메(?:시지|일))\s*-{2,}` +
	`|begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)|début du message (?:réexpédié|transféré)|inicio del mensaje reenviado|inizio messaggio inoltrato|begin doorgestuurd bericht|início da mensagem (?:reencaminhada|encaminhada)|początek przekazywanej wiadomości|начало переадресованного сообщения|vidarebefordrat mejl|start på videresendt (?:besked|melding|meddelelse)|videresendt melding|välitetty viesti alkaa|začátek přeposlané zprávy|iletilen ileti başlangıcı|転送されたメッセージ|开始转发的邮件|開始轉寄郵件|전달된 메시지 시작)\s*[:：]?\s*-*\s*$`)
