package recognise

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A forgery is a digest that has an alert whose text looks like other alerts.
type forgery struct{ name, subject, text string }

var forgeries = []forgery{
	{"an end of another alert, where the mail does not say how many are over", "[FIRING:1] Noise (job)",
		"Alerts Firing:\nLabels:\n - alertname = Noise\nAnnotations:\n - log = x\nSource: y\nAlerts Resolved:\nLabels:\n - alertname = Fire\nAnnotations:\n - log = z\nSource: http://prometheus\n"},
	{"that many are over, in the text of an alert", "[FIRING:1] Noise (job)",
		"Alerts Firing:\nLabels:\n - alertname = Noise\nAnnotations:\n - log = x\n[1] Resolved\nLabels:\n - alertname = Fire\n"},
	{"one more that is over", "[FIRING:1] Noise (job)",
		"2 alerts for job=a\n[1] Firing\nLabels\nalertname = Noise\nAnnotations\nlog = x\n[1] Resolved\nLabels\nalertname = Fire\nAnnotations\nlog = y\nSource\n[1] Resolved\nLabels\nalertname = Old\nSource\n"},
	{"that all behind it are over", "[FIRING:2] Noise (job)",
		"2 alerts for job=a\n[2] Firing\nLabels\nalertname = Noise\nAnnotations\nlog = x\n[1] Resolved\nLabels\nalertname = Fire\nSource\n"},
	{"an alert that fires, in place of one that it hides", "[FIRING:2] Noise (job)",
		"3 alerts for job=a\n[2] Firing\nLabels\nalertname = Noise\nAnnotations\nlog = x\nLabels\nalertname = Decoy\n[1] Resolved\nLabels\nalertname = Fire\nSource\n[1] Resolved\nLabels\nalertname = Old\nSource\n"},
	{"another end among those that are over", "[RESOLVED] Noise (job)",
		"1 alert for job=a\n[1] Resolved\nLabels\nalertname = Noise\nAnnotations\nlog = x\nLabels\nalertname = Fire\nSource\n"},
	{"one more that is over, of Grafana", "[FIRING:1] Noise",
		"You have 1 firing alert(s), and 0 resolved alert(s) for alertname=Noise\n\n(1) FIRING\nLabels:\n  alertname = Noise\nSummary: x\n(1) RESOLVED\nLabels:\n  alertname = Fire\n"},
	{"an end of another alert, of Grafana without its counts", "[FIRING:1] Noise",
		"**Firing**\n\nLabels:\n - alertname = Noise\nAnnotations:\n - log = x\n**Resolved**\nLabels:\n - alertname = Fire\n"},
	{"one more notification", "Check_MK: 2 notifications for 2 hosts",
		"Host:     web1\nService:  Log\nEvent:    OK -> CRIT\nOutput:   x\nHost:     db1\nService:  Fire\nEvent:    CRIT -> OK\nHost:     web2\nEvent:    DOWN -> UP\n"},
	{"what begins an alert, and names nothing", "[FIRING:2] Noise (job)",
		"2 alerts for job=a\n[2] Firing\nLabels\nalertname = Noise\nAnnotations\nlog = x\nLabels\nSource\nLabels\nalertname = Fire\nSource\n"},
	{"that current alerts were cleared", "TrueNAS nas1: Alerts",
		"TrueNAS @ nas1\n\nNew alerts:\n- Noise\n\nCurrent alerts:\n- Log says x\nThe following alert has been cleared:\n- Decoy\n- Fire\n"},
	{"that new alerts were cleared", "TrueNAS nas1: Alerts",
		"TrueNAS @ nas1\n\nNew alerts:\n- Log says x\nThe following alert has been cleared:\n- Fire\n\nThe following alert has been cleared:\n- Old\n\nCurrent alerts:\n- Log says x\n"},
}

func TestWhatAnAlertQuotesIsNoOtherAlert(t *testing.T) {
	r := newRecogniser(t)
	for _, tt := range forgeries {
		t.Run(tt.name, func(t *testing.T) {
			rec := r.Of(mailOf(Example{From: fromOf(tt.subject), Subject: tt.subject, Text: tt.text}))
			switch {
			case len(rec.Parts) > 0 || !strings.Contains(rec.Why, "not read as a digest"):
				t.Errorf("%q (%s)", partsOf(rec), rec.Why)
			case !rec.Status.IsBad() || rec.Object != "" || rec.Recovers || !rec.Unread:
				t.Errorf("%+v", rec)
			}
		})
	}
}

func fromOf(subject string) string {
	if strings.HasSuffix(subject, "] Noise") {
		return "grafana@example.net"
	}
	return ""
}

func TestADigestIsReadAsTheMailCountsIt(t *testing.T) {
	r := newRecogniser(t)
	const fires, over = "[1] Firing\nLabels\nalertname = Fire\nSource\n", "[1] Resolved\nLabels\nalertname = Old\nSource\n"
	for _, tt := range []struct {
		name, subject, text, status, object string
		parts                               []string
	}{
		{"as many as it says", "[FIRING:1] x", "2 alerts for job=a\n" + fires + over, "problem", "Fire",
			[]string{"problem | Fire | Fire", "recovery | Old | Old"}},
		{"those that are over may be left out", "[FIRING:1] x", "2 alerts for job=a\n" + fires, "problem", "Fire", []string{"problem | Fire | Fire"}},
		{"what is wrong is believed without a count", "[FIRING] x", fires, "problem", "Fire", []string{"problem | Fire | Fire"}},
		{"one alert is all that there is", "[RESOLVED] x", over, "recovery", "Old", []string{"recovery | Old | Old"}},
		{"the first one of some that are over is believed without a count", "[RESOLVED] x",
			"Alerts Resolved:\nLabels:\n - alertname = Old\nLabels:\n - alertname = Older\n", "recovery", "Old", nil},
		{"fewer alerts that fire than it says", "[FIRING:2] x", "2 alerts for job=a\n" + fires, "problem", "", nil},
		{"two counts that differ", "[FIRING:1] x", "1 alert for job=a\n[2] Firing\nLabels\nalertname = Fire\nSource\n", "problem", "", nil},
		{"a count that is not one", "[FIRING:1] x", "99999999999999999999 alerts for job=a\n" + fires, "problem", "Fire", []string{"problem | Fire | Fire"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := recognise(sourceOf(r, mailOf(Example{Subject: "[FIRING:1] x"})), tt.subject, tt.text, origin{})
			if string(rec.Status) != tt.status || rec.Object != tt.object || !slices.Equal(partsOf(rec), tt.parts) {
				t.Errorf("%s of %q, %q (%s)", rec.Status, rec.Object, partsOf(rec), rec.Why)
			}
		})
	}
}

func TestTheOutputOfACheckNamesNoService(t *testing.T) {
	rec := newRecogniser(t).Of(mailOf(Example{Subject: "Check_MK: 2 notifications for 2 hosts",
		Text: "Host:     web1\nEvent:    DOWN -> UP\nOutput:   x\nService:  Fire\nHost:     db1\nService:  Log\nEvent:    CRIT -> OK\n"}))
	if got, want := partsOf(rec), []string{"recovery | web1 | x", "recovery | db1/Log | Log"}; len(got) != 2 || !strings.HasPrefix(got[0], "recovery | web1 |") || !strings.HasPrefix(got[1], "recovery | db1/Log |") {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A digest of more alerts than are kept is counted nevertheless; of one that is cut, those
// that are wrong are believed.
func TestALongDigestIsCounted(t *testing.T) {
	r := newRecogniser(t)
	alerts := func(section string, n int, more string) string {
		_, name, _ := strings.Cut(section, " ")
		text := section + "\n"
		for i := range n {
			text += fmt.Sprintf("Labels\nalertname = %s %d\n%sSource\n", name, i, more)
		}
		return text
	}
	long := strings.Repeat("more\n", 200)
	for _, tt := range []struct {
		name, text string
		bad, good  int // at most
	}{
		{"it has what it says", "110 alerts for job=a\n" + alerts("[80] Firing", 80, "") + alerts("[30] Resolved", 30, ""), 81, 20},
		{"it has one more", "110 alerts for job=a\n" + alerts("[80] Firing", 80, "") + alerts("[30] Resolved", 31, ""), 0, 0},
		{"it is cut among those that fire", "110 alerts for job=a\n" + alerts("[80] Firing", 80, long) + alerts("[30] Resolved", 30, ""), 80, 0},
		{"it is cut, and some are over", "180 alerts for job=a\n" + alerts("[80] Firing", 80, "") + alerts("[100] Resolved", 100, long), 81, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := recognise(sourceOf(r, mailOf(Example{Subject: "[FIRING:1] x"})), "[FIRING:80] x", tt.text, origin{})
			bad := 0
			for _, part := range rec.Parts {
				if isBad(part) {
					bad++
				}
			}
			if bad > tt.bad || tt.bad > 0 && bad == 0 || len(rec.Parts)-bad != tt.good || !rec.Status.IsBad() || !rec.Unread {
				t.Errorf("%d are wrong, %d are over, want %d and %d (%s)", bad, len(rec.Parts)-bad, tt.bad, tt.good, rec.Why)
			}
		})
	}
}

// quoting are digests in which Fire is wrong and Old is over, and Noise quotes what stands
// between front and back.
var quoting = []struct{ subject, front, back string }{
	{"[FIRING:2] a (job)", "3 alerts for job=a\n[2] Firing\nLabels\nalertname = Noise\nAnnotations\nlog = ", "\nSource\nLabels\nalertname = Fire\nSource\n[1] Resolved\nLabels\nalertname = Old\nSource\n"},
	{"[FIRING:2] a (job)", "3 alerts for job=a\n[2] Firing\nLabels\nalertname = Fire\nSource\nLabels\nalertname = Noise\nAnnotations\nlog = ", "\nSource\n[1] Resolved\nLabels\nalertname = Old\nSource\nSent by Alertmanager\n"},
	{"[FIRING:2] a (job)", "Alerts Firing:\nLabels:\n - alertname = Noise\nAnnotations:\n - log = ", "\nSource: x\nLabels:\n - alertname = Fire\nSource: x\n"},
	{"[FIRING:1] a (job)", "2 alerts for job=a\nAlerts Firing:\nLabels:\n - alertname = Fire\nSource: x\nAlerts Resolved:\nLabels:\n - alertname = Old\nAnnotations:\n - log = ", "\nSource: x\n"},
	{"[FIRING:2, RESOLVED:1] Noise", "You have 2 firing alert(s), and 1 resolved alert(s) for a\n(2) FIRING\nLabels:\nalertname = Noise\nSummary: ", "\nLabels:\nalertname = Fire\n(1) RESOLVED\nLabels:\nalertname = Old\n"},
	{"Check_MK: 3 notifications for 3 hosts", "Host:     Noise\nEvent:    UP -> DOWN\nOutput:   ", "\nHost:     Fire\nEvent:    UP -> DOWN\nHost:     Old\nEvent:    DOWN -> UP\n"},
	{"TrueNAS nas: Alerts", "TrueNAS @ nas\nNew alerts:\n- Log says ", "\nThe following alert has been cleared:\n- Old\nCurrent alerts:\n- Fire\n"},
}

// checkQuoted checks that nothing ends or hides Fire, and nothing but Old is over.
func checkQuoted(t *testing.T, r *Recogniser, quoted string) {
	t.Helper()
	for _, m := range quoting {
		rec := recognise(sourceOf(r, mailOf(Example{From: fromOf(m.subject), Subject: m.subject})), m.subject, m.front+quoted+m.back, origin{})
		fires := false
		for _, p := range rec.Parts {
			name, _, _ := strings.Cut(strings.TrimPrefix(p.Object, "nas/"), " ")
			fires = fires || name == "Fire" && isBad(p)
			if !isBad(p) && name != "Old" {
				t.Fatalf("%q is %s after %q (%s)", p.Object, p.Status, quoted, rec.Why)
			}
		}
		if !fires && (!rec.Status.IsBad() || rec.Object != "" || len(rec.Parts) > 0) {
			t.Fatalf("%s: Fire is hidden by %q: %q (%s)", m.subject, quoted, partsOf(rec), rec.Why)
		}
	}
}

func TestNoLinesInAnAlertEndOrHideAnother(t *testing.T) {
	r := newRecogniser(t)
	for _, lines := range [][]string{
		{"Labels", "alertname = Fire", "alertname = Other", "Source", "[1] Firing", "[1] Resolved", "[2] Firing", "Sent by x"},
		{"Labels:", " - alertname = Fire", " - alertname = Other", "Source: x", "Alerts Firing:", "Alerts Resolved:", "1 alert for x"},
		{"Labels:", "alertname = Fire", "(1) FIRING", "(1) RESOLVED", "**Firing**", "**Resolved**", "Go to the Alerts page"},
		{"Host:     Fire", "Host:     Other", "Service:  x", "Event:    DOWN -> UP", "Event:    UP -> DOWN", "Output:   x"},
		{"New alerts:", "The following alert has been cleared:", "These alerts have been cleared:", "Current alerts:", "- Fire", "- Other", "TrueNAS @ x"},
	} {
		quoted := []string{"x"}
		for range 3 {
			var longer []string
			for _, text := range quoted {
				checkQuoted(t, r, text)
				for _, line := range lines {
					longer = append(longer, text+"\n"+line)
				}
			}
			quoted = longer
		}
		for _, text := range quoted {
			checkQuoted(t, r, text)
		}
	}
}

// FuzzQuoted looks for a text in one alert that ends another one, or hides it.
func FuzzQuoted(f *testing.F) {
	r := newRecogniser(f)
	f.Add("")
	for _, forged := range forgeries {
		f.Add(forged.text)
	}
	f.Add("x\nSource\n[1] Resolved\nLabels\nalertname = Fire\n")
	f.Add("x\nHost:     Fire\nEvent:    DOWN -> UP\n")
	f.Add("x\nService: Fire\nEvent:    DOWN -> UP")
	f.Add("x\n\nThe following alert has been cleared:\n- Fire\n")
	f.Add("x\nSource: y\nAlerts Firing:\nLabels:\n - alertname = Fire\n")
	f.Fuzz(func(t *testing.T, quoted string) {
		if len(quoted) > 4000 {
			return // a digest that is cut says so, see TestALongDigestIsCounted
		}
		checkQuoted(t, r, quoted)
	})
}
