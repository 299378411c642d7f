// Package upload gives a file that came from a network a URL which the user's
// client shows.
//
// An Uploader puts it where its Policy says: by a Client to the upload service
// of the user's server (XEP-0363: HTTP File Upload), else on a Shelf, which is
// our own store of media and serves them by HTTP.
package upload
