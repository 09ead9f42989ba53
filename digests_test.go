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

// Alertmanager tells of all alerts of a group whenever one of them changes, in mails whose
// subject says how many fire.
func TestWhatIsOpenIsWhatTheDigestsSaidLast(t *testing.T) {
	for name, config := range map[string]failmail.Config{
		"by default": {}, "for each recipient": {EachRecipient: true}, "with first mails at once": {First: time.Hour},
	} {
		t.Run(name, func(t *testing.T) { inBubble(t, config, playDigests) })
	}
}

func playDigests(t *testing.T, p *failmail.Proxy, sender *recordingSender) {
	random := rand.New(rand.NewPCG(3, 4))
	firing, told, mails := make(map[string]bool), make(map[string]bool), 0
	for range 60 {
		for range 1 + random.IntN(3) {
			host := fmt.Sprintf("db%d:9100", random.IntN(8))
			firing[host] = !firing[host]
		}
		var on, over []string
		for _, host := range slices.Sorted(maps.Keys(firing)) {
			switch {
			case firing[host]:
				on = append(on, host)
			case told[host]:
				over = append(over, host)
			}
			told[host] = firing[host]
		}
		if len(on)+len(over) == 0 {
			continue
		}
		mails++
		m := failmail.NewMessage("alertmanager@example.net", []string{"ops@example.com", "dev@example.com"}, alertDigest(on, over))
		if err := p.Submit(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Duration(random.IntN(300)) * time.Second)
		wantOpen(t, p, on)
	}
	<-time.After(time.Hour)
	sender.mu.Lock()
	defer sender.mu.Unlock()
	counted := make(map[string]int)
	for _, mail := range sender.mails {
		var n int
		fmt.Sscan(failmail.NewMessage("", nil, mail.Raw).Header.Get("X-Failmail-Count"), &n)
		counted[strings.Join(mail.To, " ")] += n
	}
	for to, n := range counted {
		if n != mails {
			t.Errorf("the summaries to %s count %d mails, want %d", to, n, mails)
		}
	}
	if len(counted) == 0 {
		t.Error("no summaries")
	}
}

func alertDigest(firing, resolved []string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "Subject: [FIRING:%d] HighLoad (node)\r\n\r\n%d alerts for alertname=HighLoad\r\n", len(firing), len(firing)+len(resolved))
	for _, section := range []struct {
		name  string
		hosts []string
	}{{"Firing", firing}, {"Resolved", resolved}} {
		if len(section.hosts) > 0 {
			fmt.Fprintf(&b, "[%d] %s\r\n", len(section.hosts), section.name)
		}
		for _, host := range section.hosts {
			fmt.Fprintf(&b, "Labels\r\nalertname = HighLoad\r\ninstance = %s\r\nAnnotations\r\nsummary = load of %s is 12\r\nSource\r\n", host, host)
		}
	}
	return []byte(b.String())
}

// wantOpen expects the problems of hosts, and no others, to be open.
func wantOpen(t *testing.T, p *failmail.Proxy, hosts []string) {
	t.Helper()
	got, _, err := p.Problems(t.Context(), "is:open", 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var open []string
	for _, problem := range got {
		open = append(open, strings.TrimPrefix(problem.Object, "HighLoad instance = "))
	}
	slices.Sort(open)
	if !slices.Equal(open, hosts) {
		t.Fatalf("open %q, want %q", open, hosts)
	}
}
