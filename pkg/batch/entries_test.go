package batch_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/recognise"
	"github.com/hut8labs/failmail/pkg/store"
)

// batchOf returns a batch with mails that came a second after each other.
func batchOf(t *testing.T, raws ...string) *store.Batch {
	t.Helper()
	meanings, err := recognise.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	bySubject, err := batch.Compile(batch.DefaultGroup)
	if err != nil {
		t.Fatal(err)
	}
	one := batch.GrouperFunc(func(*message.Message) (string, error) { return "", nil })
	c := &batch.Classifier{Batch: one, Group: bySubject, Meanings: meanings}
	b := &store.Batch{}
	for i, raw := range raws {
		m := message.New("nut@rack.example.com", []string{"ops@example.com"}, []byte("From: nut@rack.example.com\n"+raw))
		m.Received = time.Date(2026, 3, 9, 3, 17, i, 0, time.UTC)
		for _, e := range c.Classify(m) {
			b.Add(&e, store.Limits{}.WithDefaults())
		}
	}
	return b
}

func nut(says string) string { return "Subject: NUT notification: " + says + "\n\n" + says + "\n" }

func TestWhatIsWrongWithOneThingIsOneEntryCalledByWhatCameLast(t *testing.T) {
	trace := "X-Failmail-Object: shop\nSubject: shop\n\nTraceback (most recent call last):\n  File \"/srv/a.py\", line 8, in f\n    g()\n"
	onBattery, low := nut("UPS rack1@localhost on battery"), nut("UPS rack1@localhost battery is low")
	for name, tt := range map[string]struct {
		raws []string
		want string // the reasons of the entries
	}{
		"two errors of a thing":                      {[]string{onBattery, low}, "NUT notification: UPS rack1@localhost battery is low"},
		"in the other order":                         {[]string{low, onBattery}, "NUT notification: UPS rack1@localhost on battery"},
		"one that another thing has, too":            {[]string{onBattery, low, nut("UPS rack2@localhost on battery")}, "NUT notification: UPS rack1@localhost battery is low|NUT notification: UPS rack<num>@localhost on battery"},
		"errors of a thing that a mail names itself": {[]string{trace + "KeyError: 1\n", trace + "OSError: 2\n"}, "KeyError: 1|OSError: 2"},
		"a group of the user":                        {[]string{onBattery, low, "X-Failmail-Group: x\n" + onBattery}, "NUT notification: UPS rack1@localhost battery is low|NUT notification: UPS rack1@localhost on battery"},
	} {
		t.Run(name, func(t *testing.T) {
			b := batchOf(t, tt.raws...)
			var got []string
			for range 2 {
				got = nil
				for _, g := range batch.Present(b, nil).Groups {
					for _, v := range g.Variants {
						got = append(got, v.Reason)
					}
				}
				slices.Sort(got)
				if strings.Join(got, "|") != tt.want {
					t.Errorf("got  %q\nwant %q", strings.Join(got, "|"), tt.want)
				}
				slices.Reverse(b.Groups) // engines order them in their own way
			}
		})
	}
}

func TestASuccessThatEndsAProblemIsNotHeld(t *testing.T) {
	meanings, err := recognise.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	one := batch.GrouperFunc(func(*message.Message) (string, error) { return "", nil })
	c := &batch.Classifier{Batch: one, Group: one, Meanings: meanings, Open: &recognise.Open{}, HoldOK: true}
	for i, step := range []struct {
		subject string
		held    bool
	}{
		{"Backup srv7 completed successfully", true},
		{"Backup srv7 failed", false},
		{"Backup srv8 completed successfully", true},
		{"Backup srv7 completed successfully", false},
		{"Backup srv7 completed successfully", true},
		{"[Failed] Daily VMs (2 objects) 1 failed", false},
		{"[Success] Daily VMs (2 objects)", false},
		{"[Success] Daily VMs (2 objects)", true},
		{"Duplicati Backup report for home\n\nFailed: The folder is gone", false},
		{"Duplicati Backup report for home\n\nDeletedFiles: 0\nFilesWithError: 0\nParsedResult: Success", false}, // in a part
		{"Duplicati Backup report for home\n\nDeletedFiles: 0\nFilesWithError: 0\nParsedResult: Success", true},
	} {
		for _, e := range c.Classify(mailOf("From: backup@example.com\nSubject: " + step.subject + "\n\n.\n")) {
			if held := !e.HeldUntil.IsZero(); held != step.held {
				t.Errorf("mail %d, %q: held %t", i, step.subject, held)
			}
		}
	}
}
