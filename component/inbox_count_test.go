package component

import (
	"math/rand/v2"
	"testing"

	"wherry/component/jid"
	"wherry/store"
)

// What the inbox counts is what is there, whatever order things happen in.
func TestInboxCounts(t *testing.T) {
	bare := jid.MustParse("rose@example.org")
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		in, mark := &inbox{}, 0
		for step := range 300 {
			var row *incoming
			if len(in.rows) > 0 {
				row = in.rows[r.IntN(len(in.rows))]
			}
			switch op := r.IntN(5); {
			case op == 0 || row == nil:
				in.take(store.Incoming{ID: int64(step + 1), Content: make([]byte, r.IntN(9))})
			case op < 3 && row.mark == 0:
				mark++
				row.mark, row.to = mark, bare
				if r.IntN(2) == 0 {
					row.to = bare.WithResource("phone")
				}
				in.opened(row, 1)
			case op == 3:
				in.unwrite(row)
			case op == 4:
				in.gone(row)
				in.rows = deleteRow(in.rows, row)
			}
			open, apart, size := 0, 0, int64(0)
			for i, row := range in.rows {
				size += int64(len(row.Content))
				if row.mark == 0 {
					if i < in.first {
						t.Fatalf("seed %d: row %d waits, and the search begins at %d", seed, i, in.first)
					}
					continue
				}
				open++
				if !row.to.IsBare() {
					apart++
				}
			}
			if open != in.open || apart != in.apart || size != in.size {
				t.Fatalf("seed %d, step %d: %d open, %d apart, %d bytes; want %d, %d, %d", seed, step, in.open, in.apart, in.size, open, apart, size)
			}
		}
	}
}

func deleteRow(rows []*incoming, gone *incoming) (kept []*incoming) {
	for _, row := range rows {
		if row != gone {
			kept = append(kept, row)
		}
	}
	return kept
}
