// Package web is wherry's public HTTP listener: networks call accounts by it,
// and clients fetch the files that their users were sent.
//
//	/hooks/DOMAIN/KEY[/REST]   a network's call, for Hooks
//	/media/…                   a file, from the media handler
//
// All else is the same 404, whatever was asked for and how. No header that
// tells how a request was forwarded is read or handed on: the URLs that matter
// are those of the configuration (SMS-X3).
package web
