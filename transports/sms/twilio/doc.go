// Package twilio is the provider of Twilio, and of services that speak its
// REST API of 2010-04-01 at another base URL.
//
// Requests are made by Twilio's own library, and carried by a client of ours:
// one that ends with its context, reads and closes every answer, keeps what the
// head of an answer says, follows no redirect and knows nothing of the
// environment. Each method makes each of its requests once.
//
// Group texts go by Twilio's Conversations, an API of its own, in plain requests
// on the same client (conversation*.go). An account may not have it.
//
// What Twilio refuses goes through the one table of errors.go, whether it is
// refused at once or told later in a call of Twilio's. Calls are believed by
// their signature, or where no auth token is known, by asking for the message
// that they name.
package twilio
