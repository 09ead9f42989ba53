package explain

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/family"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
)

func TestATableTellsOfMailsThatItDoesNotList(t *testing.T) {
	e := newEntries(&batch.Classifier{Families: &family.Families{}})
	for i := range maxVariants + 7 {
		p := placed{source: "f", message: message.New("", nil, []byte("Subject: s\n\nx\n"))}
		p.entry = store.Entry{Group: "a", Title: "a", Fingerprint: fmt.Sprint(i), Reason: "r"}
		e.add(p)
	}
	var out bytes.Buffer
	w := bufio.NewWriter(&out)
	newTable(e).write(w, 0, "mail")
	w.Flush()
	for _, want := range []string{"1,007 mails: 1 headline, 1,000 entries", "987    of more than 980 entries"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%.2000s", want, out.String())
		}
	}
}
