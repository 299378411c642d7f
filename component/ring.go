package component

// ring is a queue that keeps its elements in one piece of memory, which serves
// again. Each has a number, one more than the one before it, by which it is
// found.
type ring[T any] struct {
	items      []T // a power of two of them, or none
	first, end int // numbers of the first element, and of the next to come
}

func (r *ring[T]) len() int { return r.end - r.first }

// at returns the element of a number, until the next push.
func (r *ring[T]) at(n int) *T { return &r.items[n&(len(r.items)-1)] }

// push adds an element at the end.
func (r *ring[T]) push(v T) {
	if r.len() == len(r.items) {
		larger := ring[T]{items: make([]T, max(4, 2*r.len()))}
		for n := r.first; n < r.end; n++ {
			*larger.at(n) = *r.at(n)
		}
		r.items = larger.items
	}
	*r.at(r.end) = v
	r.end++
}

// pop takes the first element out. A ring that is empty holds no memory.
func (r *ring[T]) pop() {
	var none T
	*r.at(r.first) = none
	r.first++
	if r.len() == 0 {
		r.items = nil
	}
}
