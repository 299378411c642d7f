package transporttest

import "strings"

// Trail is what a message of an id leaves that follows another one, on a Network
// with Trails: the ids of all of its conversation up to it. The conversation is
// called by the first of these.
func Trail(before []byte, id string) (trail []byte, thread string) {
	ids := append(strings.Fields(string(before)), id)
	return []byte(strings.Join(ids, " ")), "thread-" + ids[0]
}
