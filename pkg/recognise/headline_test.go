package recognise

import "testing"

func TestTheSubjectIsTheHeadlineWhereTheTextSaysLess(t *testing.T) {
	r := newRecogniser(t)
	const exception = "IllegalStateException: no cart"
	for name, test := range map[string]struct {
		subject, text, line string
		isException         bool
		want                string
	}{
		"a line that only says why":          {"[3] Backup of db1 failed: tank", "Connection refused", "Connection refused", false, "[3] Backup of db1 failed: tank"},
		"a line that repeats it":             {"shop | Failed pipeline for main | a1052431", "Pipeline #811 has failed!", "Pipeline #<num> has failed!", false, "shop | Failed pipeline for main | a1052431"},
		"what failed in a pipeline":          {"shop | Failed pipeline for main | a1052431", "FAILED test_vat.py - assert <num> == <num>", "FAILED test_vat.py - assert <num> == <num>", false, ""},
		"an exception that ended a unit":     {"shop.service failed on web1", exception, exception, true, ""},
		"an exception that a monitor quotes": {"** PROBLEM Service Alert: db1/App is CRITICAL **", "Notification Type: PROBLEM\n\nService: App\nHost: db1\nState: CRITICAL\n\n" + exception, exception, true, "** PROBLEM Service Alert: db1/App is CRITICAL **"},
	} {
		rec := r.Of(mailOf(Example{From: "mon@example.net", Subject: test.subject, Text: test.text}))
		if got := rec.HeadlineOver(test.line, test.isException); got != test.want {
			t.Errorf("%s: the headline is %q over %q (%s)", name, got, test.line, rec.Why)
		}
	}
}
