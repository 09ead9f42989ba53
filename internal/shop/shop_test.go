package shop

import (
	"context"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/failmailtest"
	"github.com/hut8labs/failmail/internal/storm"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

const day = 4 * time.Minute

// A played shop has a Proxy, and stands still while its test looks at it.
type played struct {
	*failmail.Proxy
	t     *testing.T
	began time.Time
	sent  notes // the subjects of the summaries
	told  notes
}

// notes are safe for concurrent use.
type notes struct {
	mu   sync.Mutex
	list []string
}

func (n *notes) add(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, text)
}

func (n *notes) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.list)
}

// play plays days in a bubble while look looks at them.
func play(t *testing.T, look func(p *played)) {
	synctest.Test(t, func(t *testing.T) {
		p := &played{t: t}
		kept := memory.New(store.Limits{})
		config := failmail.Config{
			Wait: 5 * time.Second, MaxWait: 15 * time.Second, Expect: Expected(day), Store: kept, FailDir: t.TempDir(),
			Sender: failmail.SenderFunc(func(_ context.Context, m *failmail.Mail) error {
				p.sent.add(failmail.NewMessage("", nil, m.Raw).Subject())
				return nil
			}),
		}
		if err := Recall(t.Context(), kept, config, 1, day); err != nil {
			t.Fatal(err)
		}
		p.Proxy, p.began = failmailtest.Start(t, config).Proxy, time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		shop := &Shop{Proxy: p.Proxy, Kept: kept, Seed: 1, Day: day, Tell: func(_ int, _ time.Duration, what string) { p.told.add(what) }}
		go func() { ended <- shop.Play(ctx) }()
		look(p)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// until lets time pass until so long after the beginning.
func (p *played) until(at time.Duration) {
	<-time.After(time.Until(p.began.Add(at)))
	synctest.Wait()
}

// found returns the headlines of the problems that a question finds, in the order of the
// alphabet.
func (p *played) found(question string) (headlines []string) {
	p.t.Helper()
	list, _, err := p.Problems(p.t.Context(), question, 0, 100)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, found := range list {
		headlines = append(headlines, found.Headline)
	}
	slices.Sort(headlines)
	return headlines
}

// finds checks which problems a question finds, by the beginnings of their headlines.
func (p *played) finds(question string, want ...string) {
	p.t.Helper()
	got := p.found(question)
	if len(got) != len(want) {
		p.t.Errorf("%v later %q finds\n%s", time.Since(p.began), question, strings.Join(got, "\n"))
		return
	}
	slices.Sort(want)
	for i, headline := range got {
		if !strings.HasPrefix(headline, want[i]) {
			p.t.Errorf("%v later %q finds %q, want %q", time.Since(p.began), question, headline, want[i])
		}
	}
}

func (p *played) missing() (names []string) {
	p.t.Helper()
	states, err := p.Expected(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	for _, s := range states {
		if s.Missing {
			names = append(names, s.Name)
		}
	}
	return names
}

// outage are the problems of which a mail says that they are over.
var outage = []string{
	"** PROBLEM Service Alert: db1/Disk /var/lib/postgresql", "** PROBLEM Service Alert: db1/PostgreSQL",
	"** PROBLEM Service Alert: web1/HTTP", "** PROBLEM Service Alert: web2/HTTP", "Monitor is DOWN: www.shop.example",
	"38 % of all checkouts fail on web1", "41 % of all checkouts fail on web2",
}

const (
	basket   = "KeyError: "
	logs     = "error: skipping "
	invoices = "Zahlungen: "
	payment  = "example.shop.payment.ChargeFailedException: "
	database = "psycopg2.OperationalError: "
	worker   = "panic: runtime error: index out of range"
	dump     = "pg_dump: error: "
	load     = "** PROBLEM Service Alert: web2/Current Load"
	voucher  = "TypeError: unsupported operand"
)

func TestADayHasErrorsAnOutageThatEndsAndABackupThatDoesNotCome(t *testing.T) {
	play(t, func(p *played) {
		p.until(10 * time.Second)
		p.finds("ChargeFailed is:open is:new", payment)
		p.finds("is:open is:not-new", basket, logs, invoices)
		p.until(30 * time.Second)
		p.finds("is:acked", voucher)
		p.until(time.Minute)
		p.finds("is:over", voucher, load)
		p.finds("is:muted", load)
		p.finds("is:open is:new", append(outage, payment, database, worker, dump)...)
		p.until(100 * time.Second)
		p.finds("is:over", append(outage, voucher, database, worker)...)
		p.finds("is:muted")
		p.until(day - time.Second)
		p.finds("is:over", append(outage, voucher, database, worker, dump, load)...)
		p.finds("is:open", basket, logs, invoices, payment, "MISSING: restic worker1", "Failed to create snapshot", "[Shop frontend]")
		if missing := p.missing(); !slices.Equal(missing, []string{"restic worker1"}) {
			t.Errorf("missing are %q", missing)
		}
		if n := len(p.sent.all()); n < 8 || n > 30 {
			t.Errorf("%d summaries in a day", n)
		}
		if !slices.ContainsFunc(p.sent.all(), func(subject string) bool { return strings.Contains(subject, "5 over") }) {
			t.Errorf("no summary tells that the outage is over: %q", p.sent.all())
		}
		if len(p.told.all()) < 10 {
			t.Errorf("told was only %q", p.told.all())
		}
	})
}

func TestTheDaysGoOnAndNothingGrows(t *testing.T) {
	play(t, func(p *played) {
		const warm, most = 4, 10
		var problems []string
		var heap uint64
		for n := 1; n <= most; n++ {
			made := len(p.sent.all())
			p.until(time.Duration(n)*day - time.Second)
			if len(p.sent.all())-made < 8 {
				t.Errorf("on day %d there are only %d summaries", n, len(p.sent.all())-made)
			}
			if missing := len(p.missing()) > 0; missing != (n%2 == 1) {
				t.Errorf("on day %d a mail is missing: %t", n, missing)
			}
			switch n {
			case warm: // each error of a release was there, and the first summaries are forgotten
				problems, heap = p.found(""), liveHeap()
			case most:
				if now := p.found(""); !slices.Equal(now, problems) {
					t.Errorf("after %d days there are the problems %q, after %d %q", warm, problems, most, now)
				}
				if grown := int64(liveHeap()) - int64(heap); grown > 1<<20 {
					t.Errorf("%d days more cost %d KiB", most-warm, grown>>10)
				}
			}
		}
	})
}

func liveHeap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func TestTheShopHasAPastWithoutSummaries(t *testing.T) {
	play(t, func(p *played) {
		p.until(0)
		if len(p.sent.all())+len(p.Recent()) > 0 {
			t.Errorf("summaries: %q, %v", p.sent.all(), p.Recent())
		}
		list, _, err := p.Problems(t.Context(), "KeyError", 0, 1)
		if err != nil || len(list) != 1 || len(list[0].Days) < pastDays*3/4 || list[0].Count < 100 {
			t.Errorf("known are %+v, %v", list, err)
		}
		states, err := p.Expected(t.Context())
		if err != nil || len(states) != 4 || states[3].Name != "restic ci" || states[3].Every != "daily 02:00" {
			t.Errorf("expected and proposed are %+v, %v", states, err)
		}
	})
}

func TestTheSameSeedMakesTheSameMails(t *testing.T) {
	at := time.Date(2026, time.March, 9, 3, 17, 42, 0, time.UTC)
	write := func(seed uint64, day int) (mails []storm.Mail) {
		last := time.Duration(0)
		for _, e := range Day(seed, day) {
			if e.At < last || e.At >= wholeDay {
				t.Errorf("day %d: %v after %v", day, e.At, last)
			}
			last = e.At
			if e.Letter != nil {
				mails = append(mails, storm.Write(*e.Letter, at.Add(e.At), e.rng))
			}
		}
		return mails
	}
	for day := -1; day < 6; day++ {
		first := write(1, day)
		if len(first) < 300 || len(first) > 500 {
			t.Errorf("day %d has %d mails", day, len(first))
		}
		if !reflect.DeepEqual(first, write(1, day)) {
			t.Errorf("day %d is another one each time", day)
		}
		if reflect.DeepEqual(first, write(2, day)) {
			t.Errorf("day %d is the same with another seed", day)
		}
	}
}

func TestARowThatLastsIsOverBeforeItComesAgain(t *testing.T) {
	for i, r := range rows {
		over := make(map[bool]time.Duration)
		for _, e := range r.events(rand.New(rand.NewPCG(1, 1))) {
			if e.Letter == nil || r.lasts == 0 {
				continue
			}
			if e.At < over[!e.Letter.Over] {
				t.Errorf("row %d, %s: at %v comes what belongs before %v", i, r.mail, e.At, over[!e.Letter.Over])
			}
			over[e.Letter.Over] = e.At
		}
	}
}
