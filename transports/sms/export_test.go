package sms

// What tests see of the inside.
var (
	Clean     = clean
	NewRecent = newRecent[int]
)

// Put and Get are put and get.
func (r *recent[V]) Put(key string, v V)      { r.put(key, v) }
func (r *recent[V]) Get(key string) (V, bool) { return r.get(key) }
