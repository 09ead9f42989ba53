package failmail_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail"
)

// Problems come and go, their mails are lost, doubled and out of order, and summaries are
// made in between: what is open is what each thing said last.
func TestWhatIsOpenIsWhatEachThingSaidLast(t *testing.T) {
	inBubble(t, failmail.Config{}, playProblems)
}

func playProblems(t *testing.T, p *failmail.Proxy, _ *recordingSender) {
	random := rand.New(rand.NewPCG(1, 2))
	type said struct {
		thing string
		bad   bool
	}
	var mails []said
	for range 300 {
		thing := fmt.Sprintf("db%d/Disk /%d", random.IntN(12), random.IntN(3))
		for _, bad := range []bool{true, false} {
			for range []int{0, 1, 1, 1, 1, 1, 1, 2}[random.IntN(8)] {
				mails = append(mails, said{thing, bad})
			}
		}
	}
	for i := range mails {
		if j := i + random.IntN(4); random.IntN(4) == 0 && j < len(mails) {
			mails[i], mails[j] = mails[j], mails[i]
		}
	}
	open := make(map[string]bool)
	for _, m := range mails {
		text := fmt.Sprintf("Subject: ** RECOVERY Service Alert: %s is OK **\r\n\r\n", m.thing)
		if m.bad {
			text = fmt.Sprintf("Subject: ** PROBLEM Service Alert: %s is CRITICAL **\r\n\r\n", m.thing)
		}
		if err := p.Submit(t.Context(), failmail.NewMessage("nagios@mon1", []string{"ops@example.com"}, []byte(text))); err != nil {
			t.Fatal(err)
		}
		if open[m.thing] = m.bad; !m.bad {
			delete(open, m.thing)
		}
		// Some summaries are made in between.
		<-time.After(time.Duration(random.IntN(60*60)) * time.Second / 60)
		if random.IntN(30) == 0 {
			<-time.After(time.Minute)
		}
	}
	<-time.After(10 * time.Minute)
	got, all, err := p.Problems(t.Context(), "is:open", 0, 100)
	if err != nil || all != len(got) {
		t.Fatalf("%d of %d, %v", len(got), all, err)
	}
	var objects []string
	for _, problem := range got {
		objects = append(objects, problem.Object)
	}
	slices.Sort(objects)
	if want := slices.Sorted(maps.Keys(open)); !slices.Equal(objects, want) || len(want) == 0 {
		t.Errorf("open\n%s\nwant\n%s", strings.Join(objects, "\n"), strings.Join(want, "\n"))
	}
}

// What says that something is wrong and never that it is over, as smartd does, is a problem
// of each thing.
func TestAProblemWhoseSenderNeverSaysThatItIsOverIsOpen(t *testing.T) {
	inBubble(t, failmail.Config{}, func(t *testing.T, p *failmail.Proxy, _ *recordingSender) {
		for _, disk := range []string{"sda", "sdb", "sda"} {
			text := fmt.Sprintf("Subject: SMART error (CurrentPendingSector) detected on host: nas1\r\n\r\n"+
				"Device: /dev/%s [SAT], 8 Currently unreadable (pending) sectors\r\n", disk)
			if err := p.Submit(t.Context(), failmail.NewMessage("root@nas1", []string{"ops@example.com"}, []byte(text))); err != nil {
				t.Fatal(err)
			}
		}
		for disk, count := range map[string]int{"sda": 2, "sdb": 1} {
			object := "nas1/dev/" + disk + "/CurrentPendingSector"
			got, _, err := p.Problems(t.Context(), `is:open object:`+object, 0, 10)
			if err != nil || len(got) != 1 || got[0].Object != object || got[0].Count != count {
				t.Errorf("open of %s: %+v, %v; want one of %d mails", object, got, err, count)
			}
		}
	})
}

func TestAMuteOfAProblemEndsWhenItIsOverOrHasSoManyMails(t *testing.T) {
	say := func(t *testing.T, p *failmail.Proxy, text string) {
		t.Helper()
		if err := p.Submit(t.Context(), failmail.NewMessage("nagios@mon1", []string{"ops@example.com"}, []byte("From: nagios@mon1\r\nSubject: "+text+"\r\n\r\n"))); err != nil {
			t.Fatal(err)
		}
	}
	const bad, good = "** PROBLEM Service Alert: db1/Disk is CRITICAL **", "** RECOVERY Service Alert: db1/Disk is OK **"
	for name, test := range map[string]struct {
		end   failmail.MuteEnd
		muted []string // mails that come while it is muted
		why   string
	}{
		"over":          {failmail.MuteEnd{Over: true}, []string{bad, good}, "it is over"},
		"two more":      {failmail.MuteEnd{More: 2}, []string{bad, bad}, "3 mails have come"},
		"over, and two": {failmail.MuteEnd{Over: true, More: 2}, []string{good}, "it is over"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, failmail.Config{}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
				say(t, p, bad)
				<-time.After(time.Minute)
				open, _, err := p.Problems(t.Context(), "is:open", 0, 1)
				if err != nil || len(open) != 1 {
					t.Fatal(open, err)
				}
				if muted, err := p.MuteProblem(t.Context(), open[0].ID, "ann", "new disk", test.end); err != nil || muted.MutedUntil == nil {
					t.Fatal(muted, err)
				}
				for _, text := range test.muted {
					say(t, p, text)
				}
				<-time.After(time.Minute)
				if mutes, err := p.Mutes(t.Context()); err != nil || len(mutes) != 0 {
					t.Errorf("muted are %+v, %v", mutes, err)
				}
				after, err := p.Problem(t.Context(), open[0].ID)
				if err != nil || after.MutedUntil != nil {
					t.Fatal(after, err)
				}
				if last := after.History[len(after.History)-1]; last.By != "Failmail" || last.Text != test.why {
					t.Errorf("the history ends with %+v", last)
				}
			})
		})
	}
}
