package sms_test

import (
	"fmt"
	"testing"

	"wherry/transports/sms"
)

// What is remembered is bounded: what came first goes first, and what is put
// again keeps its place.
func TestRecent(t *testing.T) {
	t.Parallel()
	r := sms.NewRecent(3)
	for i := range 1000 {
		r.Put(fmt.Sprint(i), i)
	}
	r.Put("997", -1)
	for key, want := range map[string]int{"997": -1, "998": 998, "999": 999} {
		if got, ok := r.Get(key); !ok || got != want {
			t.Errorf("%s: %v, %v", key, got, ok)
		}
	}
	if _, ok := r.Get("996"); ok {
		t.Error("996 is still there")
	}
	r.Put("1000", 1000)
	if _, ok := r.Get("997"); ok {
		t.Error("997 is still there")
	}
	r.Remove("999")
	r.Remove("998")
	r.Remove("none")
	for i := range 3 {
		r.Put(fmt.Sprint(i), i)
	}
	for key, want := range map[string]bool{"998": false, "999": false, "1000": false, "0": true, "2": true} {
		if _, ok := r.Get(key); ok != want {
			t.Errorf("after a removal, %s is there: %v", key, ok)
		}
	}
}
