// Package compose writes mails: RFC 5322, MIME, and format=flowed.
//
// What it writes is seven-bit with CRLF at the end of every line, no line is
// longer than 998 bytes, and no value can end a header or a part early. Only
// addresses whose local part is not ASCII stand as they are, and then
// Message.UTF8 tells that the mail wants SMTPUTF8.
//
// Files are read while the mail is written, and never held.
package compose
