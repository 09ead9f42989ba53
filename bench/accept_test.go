package main

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
)

// BenchmarkAccept is what a mail costs behind the protocol: parsing, classifying
// and counting it durably, with twenty sessions that share commits.
func BenchmarkAccept(b *testing.B) {
	engines := map[string]func(b *testing.B) failmail.Store{
		"memory": func(*testing.B) failmail.Store { return memory.New(store.Limits{}) },
		"sqlite": func(b *testing.B) failmail.Store {
			s, err := sqlite.Open(filepath.Join(b.TempDir(), "failmail.db"), store.Limits{})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { s.Close() })
			return s
		},
	}
	for name, open := range engines {
		for kind, different := range map[string]bool{"equal": false, "different": true} {
			b.Run(name+"/"+kind, func(b *testing.B) {
				p, err := failmail.New(failmail.Config{Bind: failmail.NoListener, Store: open(b), FailDir: b.TempDir(),
					Sender: failmail.SenderFunc(func(context.Context, *failmail.Mail) error { return nil })})
				if err != nil {
					b.Fatal(err)
				}
				if err := p.Start(b.Context()); err != nil {
					b.Fatal(err)
				}
				defer p.Shutdown(context.Background())
				l := load{different: different}
				var mails atomic.Int64
				b.SetParallelism(20)
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						mail := l.mail(int(mails.Add(1)))
						m := failmail.NewMessage("app@web1.shop.example", []string{"ops@shop.example"}, mail)
						if err := p.Submit(context.Background(), m); err != nil {
							b.Error(err)
							return
						}
					}
				})
			})
		}
	}
}
