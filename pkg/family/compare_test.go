package family_test

import (
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/family"
)

func TestACompareNamesTheFirstLineThatDiffersAndWhatWouldMerge(t *testing.T) {
	for name, test := range map[string]struct {
		a, b string // lines
		want family.Difference
	}{
		"values of which a third is needed": {"Job import_customers failed", "Job sync_invoices failed",
			family.Difference{A: "Job import_customers failed", B: "Job sync_invoices failed", Shape: "Job <…> failed", Need: 3}},
		"names of which a fourth is needed": {"s\nqueue orders is stalled", "s\nqueue mails is stalled",
			family.Difference{A: "queue orders is stalled", B: "queue mails is stalled", Shape: "queue <…> is stalled", Need: 4}},
		"a value in one of them only": {"cannot reach the server", "cannot reach the server db_<num>",
			family.Difference{A: "cannot reach the server", B: "cannot reach the server db_<num>", Why: "one of them has more words there"}},
		"lists of two lengths": {"Playbook failed on web<num>, web<num>", "Playbook failed on db<num>",
			family.Difference{A: "Playbook failed on web<num>, web<num>", B: "Playbook failed on db<num>", Shape: "Playbook failed on <…>", Need: 2}},
		"the same value in several lines": {"Job import_a failed\nlog of import_a", "Job sync_b failed\nlog of sync_b",
			family.Difference{A: "Job import_a failed", B: "Job sync_b failed", Shape: "Job <…> failed", Need: 3}},
		"placeholders in several places": {"<ip> opened the gate <num> for good", "<host> opened the gate db<num> for good",
			family.Difference{A: "<ip> opened the gate <num> for good", B: "<host> opened the gate db<num> for good", Shape: "<…> opened the gate <…> for good", Need: 2}},
		"a placeholder and a name": {"host <ip> is gone for good", "host intranet is gone for good",
			family.Difference{A: "host <ip> is gone for good", B: "host intranet is gone for good", Shape: "host <…> is gone for good", Need: 2}},
		"a placeholder for a number and a name": {"disk <num> is gone for good", "disk controller is gone for good",
			family.Difference{A: "disk <num> is gone for good", B: "disk controller is gone for good", Shape: "disk <…> is gone for good", Need: 4}},
		"words that change their lines": {"Backup failed\nRestore succeeded now", "Backup succeeded\nRestore failed now", family.Difference{A: "Backup failed", B: "Backup succeeded", Why: `"failed" says what happened`}},
		"a line without words":          {"====\nJob a_a went wrong", "Job b_b went wrong", family.Difference{A: "====", B: "Job b_b went wrong", Why: "one of them has nothing there"}},
		"values that stand twice in one of them": {"Sync of orders_a from db_x to db_y\norders_a db_x db_y <num> rows", "Sync of users_b from db_x to db_x\nusers_b db_x db_x <num> rows",
			family.Difference{A: "Sync of orders_a from db_x to db_y", B: "Sync of users_b from db_x to db_x", Shape: "Sync of <…> from db_x to <…>", Need: 3}},
		"a telling word": {"Interface eth<num> changed state to up", "Interface eth<num> changed state to down",
			family.Difference{Why: `"up" says what happened`}},
		"a class that is not there": {`Class "Mailer" not found today`, `Class "Invoice" not found today`,
			family.Difference{Why: `"Mailer" says what happened`}},
		"a function of which something else is not there": {"function mailer failed: bucket does not exist", "function invoice failed: bucket does not exist",
			family.Difference{A: "function mailer failed: bucket does not exist", B: "function invoice failed: bucket does not exist", Shape: "function <…> failed: bucket does not exist", Need: 4}},
		"a method that is not there": {"undefined method `total' for nil today", "undefined method `price' for nil today",
			family.Difference{Why: `"total" says what happened`}},
		"a line of a function that logs": {"read_request: invalid user alice [early]", "read_request: invalid user orrin [early]",
			family.Difference{A: "read_request: invalid user alice [early]", B: "read_request: invalid user orrin [early]", Shape: "read_request: invalid user <…> [early]", Need: 4}},
		"a name that is its noun": {"invalid user user from <ip>", "invalid user orrin from <ip>",
			family.Difference{A: "invalid user user from <ip>", B: "invalid user orrin from <ip>", Shape: "invalid user <…> from <ip>", Need: 4}},
		"for whom it was": {"Failed password for alice from <ip> port <num>", "Failed password for orrin from <ip> port <num>",
			family.Difference{A: "Failed password for alice from <ip> port <num>", B: "Failed password for orrin from <ip> port <num>", Shape: "Failed password for <…> from <ip> port <num>", Need: 6}},
		"what it was that came from there": {"waiting for quorum from <ip> ended", "waiting for votes from <ip> ended", family.Difference{A: "waiting for quorum from <ip> ended", B: "waiting for votes from <ip> ended",
			Why: `"quorum" is a word that stands neither in quotes nor behind what it could be the name of, such as job or queue`}},
		"what it was for": {"Failed login for alice from <ip>", "Failed login for writing from <ip>",
			family.Difference{A: "Failed login for alice from <ip>", B: "Failed login for writing from <ip>", Why: `"writing" says what happened`}},
		"what is empty": {"servlet in context with path [] is slow", "servlet in context with path [/shop] is slow",
			family.Difference{A: "servlet in context with path [] is slow", B: "servlet in context with path [/shop] is slow", Why: "one of them has more words there"}},
		"a name with dots in quotes in front": {`"shop.cart_size" is no longer known`, `"shop.mail_host" is no longer known`, family.Difference{Why: "too few words of the line are the same"}},
		"a name with its address in brackets": {"lookup of <host> [<ip>] went wrong", "lookup of ns.seven_x [<ip>] went wrong",
			family.Difference{A: "lookup of <host> [<ip>] went wrong", B: "lookup of ns.seven_x [<ip>] went wrong", Shape: "lookup of <…> [<ip>] went wrong", Need: 2}},
		"a name that cannot be imported": {"cannot import name 'escape' from the shelf", "cannot import name 'quote' from the shelf",
			family.Difference{Why: `"escape" says what happened`}},
		"a function that is there": {"function mailer is too slow", "function invoice is too slow",
			family.Difference{A: "function mailer is too slow", B: "function invoice is too slow", Shape: "function <…> is too slow", Need: 4}},
		"a sentence behind a program": {"useradd: user 'deploy' already there", "useradd: user 'depot' already there",
			family.Difference{A: "useradd: user 'deploy' already there", B: "useradd: user 'depot' already there", Shape: "useradd: user '<…>' already there", Need: 2}},
		"a plain word": {"cannot open orders today", "cannot open mails today",
			family.Difference{Why: `"orders" is a word that stands neither in quotes nor behind what it could be the name of, such as job or queue`}},
		"values that are the end of another one": {"table `orders`: shop.orders is marked", "table `wp_posts`: blog.wp_posts is marked",
			family.Difference{A: "table `orders`: shop.orders is marked", B: "table `wp_posts`: blog.wp_posts is marked", Shape: "table `<…>`: <…> is marked", Need: 3}},
		"what is done": {"volume.MountVolume began for volume <id>", "volume.UnmountVolume began for volume <id>",
			family.Difference{Why: `"volume.MountVolume" says what happened`}},
		"paths, whatever they are made of": {"cannot read /srv/pads-old today", "cannot read /srv/failed/x today",
			family.Difference{A: "cannot read /srv/pads-old today", B: "cannot read /srv/failed/x today", Shape: "cannot read <…> today", Need: 3}},
		"the root of all paths": {"fixing the layout of / today", "fixing the layout of /d<num> today",
			family.Difference{A: "fixing the layout of / today", B: "fixing the layout of /d<num> today", Shape: "fixing the layout of <…> today", Need: 2}},
		"opposites in a word with a placeholder": {"task <num>-start took too much time", "task <num>-stop took too much time",
			family.Difference{Why: `"<num>-start" says what happened`}},
		"what happened in front of a repeated value": {"Queue orders got connection_refused.orders today", "Queue mails got disk_full.mails today",
			family.Difference{Why: "they differ in several words, as two sentences do"}},
		"paths of states": {"check of /health/up gave no answer", "check of /health/down gave no answer",
			family.Difference{Why: `"/health/up" says what happened`}},
		"sentences":              {"write: a shelf of books", "write: the river is here", family.Difference{Why: "they differ in several words, as two sentences do"}},
		"two lines":              {"Job import_a failed\nsee <num>.log", "Job sync_b failed\nlook <num>.txt", family.Difference{Why: "they differ in more than one line"}},
		"a line more":            {"Job failed\nat db<num>", "Job failed", family.Difference{A: "at db<num>", Why: "one of them has nothing there"}},
		"too little in common":   {"queue a_<num>x", "queue b.c", family.Difference{Why: "too few words of the line are the same"}},
		"what is between words":  {"read (a) failed", "read a failed", family.Difference{Why: "they differ only in signs; they merge with others of which the words vary"}},
		"too many words between": {"put 1a 2a 3a 4a 5a 6a 7a to the big shelf of the old house", "put 9b to the big shelf of the old house", family.Difference{Why: "one of them has more words there"}},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := strings.Split(test.a, "\n"), strings.Split(test.b, "\n")
			got := family.Compare(a, b)
			if test.want.A == "" && test.want.B == "" { // the texts are one line
				test.want.A, test.want.B = a[0], b[0]
			}
			if got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
			mirrored := family.Compare(b, a)
			if mirrored.A != got.B || mirrored.B != got.A || mirrored.Need != got.Need || mirrored.Shape != got.Shape || (mirrored.Why == "") != (got.Why == "") {
				t.Errorf("the other way round it is %+v", mirrored)
			}
		})
	}
}

// What Compare says of two texts is what Families does once there are enough values.
func TestWhatACompareSaysIsWhatHappens(t *testing.T) {
	texts := []string{
		"Job import_customers failed", "Job sync_invoices failed", "Job nightly_report failed", "Job export_books failed",
		"queue orders is stalled", "queue mails is stalled", "queue invoices is stalled", "queue refunds is stalled",
		"cannot open orders today", "cannot open mails today", "cannot open invoices today", "cannot open refunds today",
		"task start of data", "task stop of data", "took <num> at the gate", "took <duration> at the gate",
		"<ip> opened the gate <num> for good", "<host> opened the gate db<num> for good", "read (a) failed", "read a failed",
		"host <ip> is gone for good", "host intranet is gone for good",
	}
	f, all := learned(texts...)
	for i, a := range all {
		for _, b := range all[:i] {
			d := family.Compare(a.Lines, b.Lines)
			if joined := f.Find(a).Fingerprint == f.Find(b).Fingerprint; joined != (d.Need > 0) {
				t.Errorf("%q and %q are one error: %t, but compared they give %+v", a.Lines, b.Lines, joined, d)
			}
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("Job import_customers failed", "Job sync_invoices failed")
	f.Add("a\nb", "")
	f.Fuzz(func(t *testing.T, a, b string) {
		one, two := strings.Split(a, "\n"), strings.Split(b, "\n")
		if d := family.Compare(one, two); (d.Need > 0) == (d.Why != "") || (d.Need > 0) == (d.Shape == "") {
			t.Errorf("%q and %q: %+v", a, b, d)
		}
		testutil.CheckLinear(t, testutil.FuzzSize, testutil.Shape{Open: a}.Grow, func(line string) {
			family.Compare([]string{line}, []string{line + b})
		})
	})
}
