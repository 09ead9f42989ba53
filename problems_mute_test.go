package failmail_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail"
)

// The mails of a muted problem are counted, and stay out of the summaries until the mute ends.
func TestAMutedProblemStaysOutOfTheSummaries(t *testing.T) {
	for name, test := range map[string]struct {
		config              failmail.Config
		first, again, other string // mails; other is one of another problem
	}{
		"of an error": {
			first: "Subject: disk full\r\n\r\nerror: no space on /var\r\n", again: "Subject: disk full\r\n\r\nerror: no space on /var\r\n",
			other: "Subject: login refused\r\n\r\nerror: wrong key\r\n",
		},
		"of a thing, whatever is said of it": {
			first: "Subject: ** PROBLEM Service Alert: db1/Disk is WARNING **\r\n\r\nx\r\n", again: "Subject: ** PROBLEM Service Alert: db1/Disk is CRITICAL **\r\n\r\ny\r\n",
			other: "Subject: ** PROBLEM Service Alert: db2/Disk is CRITICAL **\r\n\r\ny\r\n",
		},
		"of an error in a group of the user": {
			config: failmail.Config{Group: failmail.GrouperFunc(func(m *failmail.Message) (string, error) { return m.Header.Get("X-Host"), nil })},
			first:  "Subject: disk full\r\nX-Host: a\r\n\r\nerror: no space\r\n", again: "Subject: disk full\r\nX-Host: a\r\n\r\nerror: no space\r\n",
			other: "Subject: disk full\r\nX-Host: b\r\n\r\nerror: no space\r\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, test.config, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
				// summaries returns how many there are a while after a mail.
				summaries := func(text string) int {
					t.Helper()
					if err := p.Submit(t.Context(), failmail.NewMessage("nagios@mon1", []string{"ops@example.com"}, []byte(text))); err != nil {
						t.Fatal(err)
					}
					<-time.After(10 * time.Minute)
					return len(s.offered())
				}
				if n := summaries(test.first); n != 1 {
					t.Fatalf("%d summaries of the first mail", n)
				}
				all, _, err := p.Problems(t.Context(), "", 0, 10)
				if err != nil || len(all) != 1 {
					t.Fatalf("%+v, %v", all, err)
				}
				muted, err := p.MuteProblem(t.Context(), all[0].ID, "ann", "known", failmail.MuteEnd{At: time.Now().Add(2 * time.Hour)})
				if err != nil || muted.MutedUntil == nil || muted.History[len(muted.History)-1].By != "ann" {
					t.Fatalf("%+v, %v", muted, err)
				}
				if n := summaries(test.again); n != 1 {
					t.Errorf("%d summaries while it is muted", n)
				}
				if n := summaries(test.other); n != 2 {
					t.Errorf("%d summaries with another problem", n)
				}
				found, err := p.Problem(t.Context(), all[0].ID)
				if err != nil || found.Count != 2 || found.MutedUntil == nil || found.State != "open" {
					t.Errorf("%+v, %v", found, err)
				}
				if found, err = p.MuteProblem(t.Context(), all[0].ID, "ann", "", failmail.MuteEnd{}); err != nil || found.MutedUntil != nil {
					t.Errorf("%+v, %v", found, err)
				}
				if mutes, err := p.Mutes(t.Context()); err != nil || len(mutes) != 0 {
					t.Errorf("%+v, %v", mutes, err)
				}
				if n := summaries(test.again); n != 3 || !strings.Contains(string(s.mails[2].Raw), "ops@example.com") {
					t.Errorf("%d summaries when it is not muted any more", n)
				}
				// One that ends by itself leaves nothing.
				if _, err := p.MuteProblem(t.Context(), all[0].ID, "ann", "", failmail.MuteEnd{At: time.Now().Add(time.Minute)}); err != nil {
					t.Fatal(err)
				}
				<-time.After(time.Hour)
				if found, err = p.Problem(t.Context(), all[0].ID); err != nil || found.MutedUntil != nil {
					t.Errorf("%+v, %v", found, err)
				}
			})
		})
	}
}

func TestNothingIsDoneAboutAProblemThatThereIsNot(t *testing.T) {
	inBubble(t, failmail.Config{}, func(t *testing.T, p *failmail.Proxy, _ *recordingSender) {
		const id = "0123456789abcdef"
		for name, do := range map[string]func() (*failmail.Problem, error){
			"Problem": func() (*failmail.Problem, error) { return p.Problem(t.Context(), id) },
			"Act":     func() (*failmail.Problem, error) { return p.Act(t.Context(), id, failmail.Note, "ann", "x") },
			"MuteProblem": func() (*failmail.Problem, error) {
				return p.MuteProblem(t.Context(), id, "ann", "", failmail.MuteEnd{Over: true})
			},
			"MuteProblem's end": func() (*failmail.Problem, error) {
				return p.MuteProblem(t.Context(), id, "ann", "", failmail.MuteEnd{})
			},
			"Problem without ID": func() (*failmail.Problem, error) { return p.Problem(t.Context(), "") },
		} {
			if found, err := do(); found != nil || err != nil {
				t.Errorf("%s: %+v, %v", name, found, err)
			}
		}
	})
}

// Of several mutes of a problem the last one counts, also one of its fingerprint, and what is not
// muted cannot be unmuted.
func TestAProblemHasOneMuteTheLastOne(t *testing.T) {
	inBubble(t, failmail.Config{}, func(t *testing.T, p *failmail.Proxy, _ *recordingSender) {
		if err := p.Submit(t.Context(), failmail.NewMessage("db1", []string{"ops@example.com"}, []byte("Subject: disk full\r\n\r\nerror: no space\r\n"))); err != nil {
			t.Fatal(err)
		}
		all, _, err := p.Problems(t.Context(), "", 0, 1)
		if err != nil || len(all) != 1 {
			t.Fatalf("%+v, %v", all, err)
		}
		id := all[0].ID
		unmute := func() error {
			_, err := p.MuteProblem(t.Context(), id, "ann", "", failmail.MuteEnd{})
			return err
		}
		if err := unmute(); err == nil || !strings.Contains(err.Error(), "is not muted") {
			t.Errorf("before: %v", err)
		}
		if _, err := p.Mute(t.Context(), all[0].Fingerprint, "", 30*time.Hour); err != nil {
			t.Fatal(err)
		}
		if err := unmute(); err != nil {
			t.Errorf("of a fingerprint: %v", err)
		}
		for _, length := range []time.Duration{2 * time.Hour, time.Hour} {
			if _, err := p.MuteProblem(t.Context(), id, "ann", "", failmail.MuteEnd{At: time.Now().Add(length)}); err != nil {
				t.Fatal(err)
			}
		}
		if mutes, err := p.Mutes(t.Context()); err != nil || len(mutes) != 1 || time.Until(mutes[0].Until) != time.Hour {
			t.Errorf("%+v, %v", mutes, err)
		}
	})
}

// What is muted is told, and what was not seen then is no part of it.
func TestAMuteIsAboutWhatWasSeenWhenItWasMade(t *testing.T) {
	for name, mute := range map[string]func(p *failmail.Proxy, one failmail.Problem) error{
		"of the problem": func(p *failmail.Proxy, one failmail.Problem) error {
			muted, err := p.MuteProblem(t.Context(), one.ID, "ann", "ticket 7", failmail.MuteEnd{At: time.Now().Add(24 * time.Hour)})
			if err == nil {
				if last := muted.History[len(muted.History)-1].Text; !strings.HasSuffix(last, ": 2 things: disk on srv8, disk on srv9: ticket 7") {
					t.Errorf("the history says %q", last)
				}
				if got := muted.MuteScope(); got != "2 things: disk on srv8, disk on srv9" {
					t.Errorf("it is about %s", got)
				}
			}
			return err
		},
		"of its fingerprint": func(p *failmail.Proxy, one failmail.Problem) error {
			m, err := p.Mute(t.Context(), one.Fingerprint, "ticket 7", 24*time.Hour)
			if got := strings.Join(m.Objects(), ", "); got != "disk on srv8, disk on srv9" {
				t.Errorf("it is about %s", got)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, failmail.Config{}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
				// summaries returns how many there are a while after a mail about each server.
				summaries := func(servers ...string) int {
					t.Helper()
					for _, server := range servers {
						text := "Subject: disk full on " + server + "\r\n\r\nerror: no space on /var\r\n"
						if err := p.Submit(t.Context(), failmail.NewMessage("app@x", []string{"ops@example.com"}, []byte(text))); err != nil {
							t.Fatal(err)
						}
					}
					<-time.After(10 * time.Minute)
					return len(s.offered())
				}
				summaries("srv8", "srv9")
				all, _, err := p.Problems(t.Context(), "", 0, 10)
				if err != nil || len(all) != 1 {
					t.Fatalf("%+v, %v", all, err)
				}
				if err := mute(p, all[0]); err != nil {
					t.Fatal(err)
				}
				if n := summaries("srv8", "srv9", "srv8"); n != 1 {
					t.Errorf("%d summaries while they are muted", n)
				}
				for want := 2; want < 4; want++ {
					if n := summaries("srv10"); n != want {
						t.Errorf("%d summaries after another one, want %d", n, want)
					}
				}
				if mutes, err := p.Mutes(t.Context()); err != nil || len(mutes) != 1 || len(mutes[0].Things) != 2 {
					t.Errorf("%+v, %v", mutes, err)
				}
			})
		})
	}
}

// What came later does not keep a mute in force of what is over.
func TestAMuteUntilItIsOverEndsWithWhatItIsAbout(t *testing.T) {
	inBubble(t, failmail.Config{}, func(t *testing.T, p *failmail.Proxy, _ *recordingSender) {
		say := func(subject string) {
			t.Helper()
			if err := p.Submit(t.Context(), failmail.NewMessage("app@x", []string{"ops@example.com"}, []byte("Subject: "+subject+"\r\n\r\nx\r\n"))); err != nil {
				t.Fatal(err)
			}
			<-time.After(10 * time.Minute)
		}
		say("PROBLEM: disk full on srv8")
		all, _, err := p.Problems(t.Context(), "", 0, 10)
		if err != nil || len(all) != 1 {
			t.Fatalf("%+v, %v", all, err)
		}
		if _, err := p.MuteProblem(t.Context(), all[0].ID, "ann", "", failmail.MuteEnd{Over: true}); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			subject string
			mutes   int
		}{{"PROBLEM: disk full on srv10", 1}, {"RESOLVED: disk full on srv8", 0}} {
			say(step.subject)
			if mutes, err := p.Mutes(t.Context()); err != nil || len(mutes) != step.mutes {
				t.Errorf("after %q: %+v, %v", step.subject, mutes, err)
			}
		}
		if found, err := p.Problem(t.Context(), all[0].ID); err != nil || found.State != "open" {
			t.Errorf("%+v, %v", found, err)
		}
	})
}

// Mails of a known kind of sender count on a problem of each thing; its error is one.
func TestAMuteOfAnErrorOfKnownThingsIsAboutThem(t *testing.T) {
	inBubble(t, failmail.Config{}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		alert := func(host string) {
			t.Helper()
			text := "Subject: ** PROBLEM Host Alert: " + host + " is DOWN **\r\n\r\nState: DOWN\r\n"
			if err := p.Submit(t.Context(), failmail.NewMessage("nagios@mon1", []string{"ops@example.com"}, []byte(text))); err != nil {
				t.Fatal(err)
			}
			<-time.After(10 * time.Minute)
		}
		alert("web8")
		summary := string(s.mails[0].Raw)
		at := strings.Index(summary, "(v2:")
		if at < 0 {
			t.Fatalf("no fingerprint in\n%s", summary)
		}
		m, err := p.Mute(t.Context(), summary[at+1:at+1+len("v2:0123456789abcdef")], "", 24*time.Hour)
		if err != nil || len(m.Things) != 1 || m.Things[0].Object != "web8" {
			t.Fatalf("%+v, %v", m, err)
		}
		alert("web8")
		if n := len(s.offered()); n != 1 {
			t.Errorf("%d summaries while it is muted", n)
		}
		alert("web10")
		if n := len(s.offered()); n != 2 {
			t.Errorf("%d summaries after another one", n)
		}
	})
}
