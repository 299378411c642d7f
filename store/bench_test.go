package store_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"wherry/store"
)

func BenchmarkSaveContact(b *testing.B) {
	for _, callers := range []int{1, 50, 500} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			ctx := context.Background()
			s := open(b, config(b))
			var n atomic.Int64
			b.SetParallelism(callers)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := n.Add(1)
					c := store.Contact{
						Domain: "irc.example.org", User: fmt.Sprintf("user%d@example.org", i%1000), Name: "#wherry%irc.example.net",
						Ours: 1, Asked: time.UnixMilli(i), // what is as it was is not written again
					}
					if err := s.SaveContact(ctx, c); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func BenchmarkSaveAccount(b *testing.B) {
	ctx := context.Background()
	s := open(b, config(b))
	for i := 0; b.Loop(); i++ {
		a := store.Account{
			Domain: "irc.example.org", User: fmt.Sprintf("user%d@example.org", i), Registered: true,
			Settings: map[string]string{"nick": "romeo", "realname": "Romeo"}, Secrets: map[string]string{"pass": "hunter2"},
		}
		if err := s.SaveAccount(ctx, &a); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAccounts(b *testing.B) {
	ctx := context.Background()
	s := open(b, config(b))
	for i := range 1000 {
		a := store.Account{
			Domain: "irc.example.org", User: fmt.Sprintf("user%d@example.org", i), Registered: true,
			Settings: map[string]string{"nick": "romeo", "realname": "Romeo"}, Secrets: map[string]string{"pass": "hunter2"},
		}
		if err := s.SaveAccount(ctx, &a); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, err := s.Accounts(ctx, "irc.example.org"); err != nil {
			b.Fatal(err)
		}
	}
}
