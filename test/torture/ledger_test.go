//go:build linux

package main

import (
	"fmt"
	"testing"

	"github.com/hut8labs/failmail/pkg/message"

	"github.com/hut8labs/failmail/pkg/receive"
)

// told returns a summary of so many mails with the subject "a".
func told(id string, count int) *receive.Message {
	return message.New("failmail@example.com", []string{"ops@example.com"},
		fmt.Appendf(nil, "Message-ID: <%s>\r\nSubject: a\r\nX-Failmail-Count: %d\r\n\r\n", id, count))
}

func TestTheLedgerSees(t *testing.T) {
	for _, test := range []struct {
		what                    string
		summaries               []*receive.Message
		mayCount                bool // refused mails
		missing, doubled, split int
	}{
		{what: "that all is well", summaries: []*receive.Message{told("1", 10)}},
		{what: "that an unanswered mail counted", summaries: []*receive.Message{told("1", 11)}},
		{what: "a mail that is missing", summaries: []*receive.Message{told("1", 9)}, missing: 1},
		{what: "a batch that is missing", missing: 10},
		{what: "a refused mail that counted", summaries: []*receive.Message{told("1", 13)}, doubled: 2},
		{what: "a refused mail that may count", summaries: []*receive.Message{told("1", 13)}, mayCount: true},
		{what: "a summary that came twice", summaries: []*receive.Message{told("1", 10), told("1", 10)}},
		{what: "a batch that was told twice", summaries: []*receive.Message{told("1", 10), told("2", 10)}, doubled: 9, split: 1},
		{what: "a batch that was told in two parts", summaries: []*receive.Message{told("1", 4), told("2", 6)}, split: 1},
	} {
		t.Run(test.what, func(t *testing.T) {
			var l ledger
			l.note("a", func(sent *line) { *sent = line{acknowledged: 10, refused: 5, unanswered: 1} })
			o := l.settle(test.summaries, test.mayCount)
			if o.missing != test.missing || o.doubled != test.doubled || o.split != test.split {
				t.Errorf("got %d missing, %d doubled, %d split; want %d, %d, %d", o.missing, o.doubled, o.split, test.missing, test.doubled, test.split)
			}
		})
	}
}

func TestTheLedgerSeesASummaryOfMailsThatNobodySent(t *testing.T) {
	var l ledger
	if o := l.settle([]*receive.Message{told("1", 3)}, true); o.doubled != 3 {
		t.Errorf("got %d doubled, want 3", o.doubled)
	}
}

func TestTheLedgerSeesNotesThatAreLostOrThereTwice(t *testing.T) {
	var l ledger
	for text, sent := range map[string]line{"kept": {acknowledged: 1}, "lost": {acknowledged: 1}, "twice": {acknowledged: 1}, "unanswered": {unanswered: 1}, "refused": {refused: 1}} {
		l.note(text, func(noted *line) { *noted = sent })
	}
	noted, lost, doubled := l.settleNotes(map[string]int{"kept": 1, "twice": 2, "unanswered": 1})
	if noted != 3 || lost != 1 || doubled != 1 {
		t.Errorf("%d noted, %d lost, %d doubled, want 3, 1 and 1", noted, lost, doubled)
	}
}
