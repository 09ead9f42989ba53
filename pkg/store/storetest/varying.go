package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func varyingChecks() []check {
	return []check{
		{sentence: "what varies is counted over calls", run: varyingCounts},
		{sentence: "what has one value in one call may vary with the next", run: varyingLater},
		{sentence: "what varies does the same in one call as in many", run: varyingSplit},
		{sentence: "any text may vary", run: varyingText},
		{sentence: "of very many values the frequent ones are found", run: varyingMany},
		{sentence: "each variant varies by itself", run: varyingApart},
	}
}

func varyingCounts(t *testing.T, s *subject) {
	s.record(mail(0, having("1", "ann")))
	s.record(mail(time.Second, having("2", "ann")), mail(2*time.Second, having("2", "bob")))
	s.record(mail(3*time.Second, having("3", "ann")))
	got := varying(&s.claim(later).Groups[0].Variants[0].Varying)
	want := "varying [{Label:order <num> Distinct:3 Exact:true Top:[{Text:2 Count:2 Over:0} {Text:1 Count:1 Over:0} {Text:3 Count:1 Over:0}]} " +
		"{Label:user Distinct:2 Exact:true Top:[{Text:ann Count:3 Over:0} {Text:bob Count:1 Over:0}]}]"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func varyingLater(t *testing.T, s *subject) {
	entries := []store.Entry{mail(0, having("same")), mail(time.Second, having("same")), mail(2 * time.Second), mail(3*time.Second, having("other", "late"))}
	for _, e := range entries {
		s.record(e)
	}
	s.wantBatch(s.claim(later), expect(store.Limits{}, entries...))
}

func varyingSplit(t *testing.T, s *subject) {
	var entries []store.Entry
	for i := range 60 {
		entries = append(entries, mail(time.Duration(i)*time.Second, of("group", fmt.Sprint("v1:", i%3)),
			having(fmt.Sprint(i*i%23), fmt.Sprint("user ", i%5))))
	}
	want := expect(store.Limits{}, entries...)
	for _, size := range []int{1, 7, len(entries)} {
		for i := 0; i < len(entries); i += size {
			s.record(entries[i:min(i+size, len(entries))]...)
		}
		s.wantBatch(s.claim(later), want)
	}
}

func varyingText(t *testing.T, s *subject) {
	entries := []store.Entry{mail(0, having("", " ")), mail(time.Second, having(`"}]'\`, "\u2028<&>")), mail(2*time.Second, having("\x00", "\U0001F4A5"))}
	for _, e := range entries {
		s.record(e)
	}
	s.wantBatch(s.claim(later), expect(store.Limits{}, entries...))
}

func varyingMany(t *testing.T, s *subject) {
	for call := range 20 {
		var entries []store.Entry
		for i := range 100 {
			text := fmt.Sprint("rare ", call*100+i)
			if i%4 == 0 {
				text = "frequent"
			}
			entries = append(entries, mail(0, having(text)))
		}
		s.record(entries...)
	}
	variations := s.claim(later).Groups[0].Variants[0].Varying.Variations()
	if len(variations) != 1 {
		t.Fatalf("got %+v", variations)
	}
	v := variations[0]
	if v.Exact || v.Distinct < 1000 || v.Distinct > 2000 { // of 1501
		t.Errorf("got %d different values (exact is %t), want about 1501", v.Distinct, v.Exact)
	}
	if top := v.Top[0]; top.Text != "frequent" || top.Count < 500 {
		t.Errorf("most frequent: got %+v, want that of 500 mails", top)
	}
}

func varyingApart(t *testing.T, s *subject) {
	entries := []store.Entry{
		mail(0, having("1")), mail(time.Second, of("group", "v1:b"), having("2")),
		mail(2*time.Second, having("3")), mail(3*time.Second, of("other", "v1:a"), having("4")),
	}
	s.record(entries[:2]...)
	s.record(entries[2:]...)
	s.wantBatch(s.claim(later), expect(store.Limits{}, entries...))
}
