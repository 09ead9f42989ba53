package failmailtest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/failmailtest"
)

// byService groups by a header field of one's own.
func byService(m *failmail.Message) (string, error) { return m.Header.Get("X-Service"), nil }

func TestAGroupingFunctionIsTriedInThreeLines(t *testing.T) {
	p := failmailtest.Start(t, failmail.Config{Group: failmail.GrouperFunc(byService)})
	p.Mail("Subject: disk full\nX-Service: shop\n\n97 %")
	p.Mail("Subject: disk is full\nX-Service: shop\n\n98 %")
	summaries := p.Summaries()
	if len(summaries) != 1 || summaries[0].Header.Get("X-Failmail-Count") != "2" || summaries[0].Header.Get("X-Failmail-Groups") != "1" {
		t.Fatalf("got %d summaries: %+v", len(summaries), summaries)
	}
}

func TestTimePassesInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := failmailtest.Start(t, failmail.Config{Wait: time.Minute})
		p.Mail("Subject: one\n\n1")
		<-time.After(2 * time.Minute)
		p.Mail("Subject: two\n\n2")
		if n := len(p.Summaries()); n != 2 {
			t.Errorf("%d summaries, want one after a minute and one at the end", n)
		}
	})
}

func TestWhatStartSetsCanBeSetOtherwise(t *testing.T) {
	sent := 0
	p := failmailtest.Start(t, failmail.Config{Sender: failmail.SenderFunc(func(context.Context, *failmail.Mail) error { sent++; return nil })})
	p.Mail("Subject: one\n\n1")
	if n := len(p.Summaries()); n != 0 || sent != 1 {
		t.Errorf("%d summaries here, %d with the sender of one's own", n, sent)
	}
}

// A testing.TB comes with each test; an example has none.
func ExampleStart() {
	test := func(t *testing.T) {
		p := failmailtest.Start(t, failmail.Config{Group: failmail.GrouperFunc(byService)})
		p.Mail("Subject: disk full\nX-Service: shop\n\n97 %")
		for _, summary := range p.Summaries() {
			if !strings.Contains(summary.Body(), "disk full") {
				t.Errorf("the summary says\n%s", summary.Body())
			}
		}
	}
	fmt.Println(test != nil)
	// Output: true
}
