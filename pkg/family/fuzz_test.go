package family_test

import (
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/family"
)

func FuzzLearn(f *testing.F) {
	f.Add("Job import_a failed", "Job sync_b failed", "Job <num> failed", "a ")
	f.Add("queue \"a\" is full\nqueue a", "queue \"b\" is full\nqueue b", "queue is full", "a,")
	f.Add("Sync of orders_a from db_x to db_y\norders_a db_x db_y <num> rows", "Sync of logs_d from db_x to db_x\nlogs_d db_x db_x <num> rows", "Sync of a_b from c_d to e_f\na_b c_d e_f <num> rows", "a_a ")
	f.Add("", "....", "<>", "<<num>")
	f.Add("=== run", "'a'", "(lo)", "=")
	f.Fuzz(func(t *testing.T, one, two, three, part string) {
		var families family.Families
		var texts []family.Text
		for i, lines := range []string{one, two, three} {
			text := family.Text{Fingerprint: string(rune('a' + i)), Lines: strings.Split(lines, "\n")}
			texts = append(texts, text)
			before := families.Note(text)
			families.Learn(text)
			if after := families.Find(text); before.Fingerprint != text.Fingerprint && after.Fingerprint != before.Fingerprint {
				t.Errorf("%q stood under %s, and under %s once it was learned", lines, before.Fingerprint, after.Fingerprint)
			}
		}
		for _, text := range texts {
			if families.Of(text.Fingerprint) != families.Find(text).Fingerprint {
				t.Errorf("%q stands under two names", text.Lines)
			}
		}
		testutil.CheckLinear(t, testutil.FuzzSize, testutil.Shape{Open: part}.Grow, func(line string) {
			var families family.Families
			families.Learn(family.Text{Fingerprint: "a", Lines: []string{line}})
		})
	})
}
