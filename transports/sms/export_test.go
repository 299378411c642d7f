package sms

import (
	"context"

	"wherry/transports/dial"
)

// What tests see of the inside.
var (
	Clean     = clean
	NewRecent = newRecent[int]
)

// SetProbe sets how a Transport looks at files.
func (t *Transport) SetProbe(probe func(ctx context.Context, url string) (dial.Info, error)) {
	t.probe = probe
}

// Put, Get and Remove are put, get and remove.
func (r *recent[V]) Put(key string, v V)      { r.put(key, v) }
func (r *recent[V]) Get(key string) (V, bool) { return r.get(key) }
func (r *recent[V]) Remove(key string)        { r.remove(key) }
