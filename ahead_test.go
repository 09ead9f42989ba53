package failmail_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail"
)

func TestTheSummaryOfWhatFollowsNamesTheFirstMailOnce(t *testing.T) {
	config := failmail.Config{First: time.Hour, Wait: time.Minute, MaxWait: 2 * time.Minute}
	inBubble(t, config, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		submitAt(t, p, s.start, 0, 10*time.Second, 20*time.Second, 10*time.Minute)
		<-time.After(5 * time.Minute)
		said := make([]string, len(s.offered()))
		for i, m := range s.mails {
			for line := range strings.Lines(failmail.NewMessage("", nil, m.Raw).Body()) {
				if _, rest, ok := strings.Cut(line, " more after the one sent at "); ok {
					said[i] = strings.TrimSpace(line[:strings.Index(line, " more")]) + rest[strings.Index(rest, "("):]
				}
			}
		}
		if got := fmt.Sprintf("%q", said); len(said) != 3 || said[0] != "" || !strings.HasSuffix(said[1], "2(3 in all)\n") || said[2] != "" {
			t.Errorf("the three summaries say %s", got)
		}
		if body := failmail.NewMessage("", nil, s.mails[1].Raw).Body(); !strings.Contains(body, "ONGOING") || strings.Contains(body, "NEW") {
			t.Errorf("what follows is news again:\n%s", body)
		}
	})
}
