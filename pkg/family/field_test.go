package family_test

import (
	"slices"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/family"
)

func TestFieldsThatDoNotSayWhatHappenedVary(t *testing.T) {
	for name, test := range map[string]struct {
		key    string
		values []string
		want   int // families
	}{
		"four names of a noun":                {"Job", []string{"Nightly ETL", "Cleanup", "Index Rebuild", "Mail"}, 1},
		"names of jobs that say what they do": {"Job", []string{"Customer Import", "Price Sync", "Nightly ETL", "Report Mailing"}, 1},
		"states behind a noun":                {"Printer", []string{"cover open", "tray empty", "paper low", "toner missing"}, 4},
		"three names of a noun":               {"Job", []string{"Nightly ETL", "Cleanup", "Index Rebuild"}, 3},
		"six texts of an unknown key":         {"Modell", []string{"WDC Blue", "Toshiba", "Seagate", "Hitachi", "Fujitsu", "Maxtor Pro"}, 1},
		"five texts of an unknown key":        {"Modell", []string{"WDC Blue", "Toshiba", "Seagate", "Hitachi", "Fujitsu"}, 5},
		"three versions":                      {"Modell", []string{"a_1", "b_2", "c_3"}, 1},
		"values that say what happened":       {"Printer", []string{"jammed", "toner missing", "door open", "offline"}, 4},
		"values of a state":                   {"Event", []string{"smoke", "water", "heat", "gas", "motion", "noise"}, 6},
		"a key in which a fault stands":       {"Fehlerart", []string{"Brennerstart", "Wasserdruck", "Gasdruck", "Flamme", "Abgas", "Sensorik"}, 6},
		"the name of a threat":                {"Threat name", []string{"Ransomware", "Cryptominer", "Port scan", "Brute force"}, 4},
		"a key that says what happened":       {"Reason", []string{"fraud", "theft", "age", "sanction", "limit", "chargeback"}, 6},
		"sentences of more than a value":      {"Modell", []string{"a b c d e f g", "b c d e f g h", "c d e f g h i", "d e f g h i j", "e f g h i j k", "f g h i j k l"}, 6},
	} {
		t.Run(name, func(t *testing.T) {
			var f family.Families
			var all []family.Text
			for _, value := range test.values {
				all = append(all, family.Text{Fingerprint: "v2:" + value, Lines: []string{"Report of last night", test.key + ": " + value, "The run has failed"}})
				f.Learn(all[len(all)-1])
			}
			if n := families(&f, all); n != test.want {
				t.Errorf("%d families of %q, want %d", n, test.values, test.want)
			}
			if place := f.Find(all[0]); test.want == 1 && place.Values[0].Text != test.values[0] {
				t.Errorf("the value is %q, not %q", place.Values[0].Text, test.values[0])
			}
		})
	}
}

func TestAValueVariesInAllLinesOfAText(t *testing.T) {
	var f family.Families
	var all []family.Text
	for _, job := range []string{"import_customers", "sync_invoices", "nightly_report"} {
		text := family.Text{Fingerprint: "v2:" + job, Lines: []string{"Job " + job + " failed", "error: " + job + " exited with code <num>"}, Seen: time.Unix(int64(len(all)), 0)}
		all = append(all, text)
		f.Learn(text)
	}
	if n := families(&f, all); n != 1 {
		t.Errorf("%d families", n)
	}
	place := f.Find(all[1])
	if want := []family.PlaceValue{{"Job <…>", "sync_invoices", all[1].Seen}}; !slices.Equal(place.Values, want) {
		t.Errorf("the place is %+v", place)
	}
}
