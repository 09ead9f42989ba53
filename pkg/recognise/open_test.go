package recognise_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/recognise"
)

func says(status meaning.Status, object string) meaning.Meaning {
	return meaning.Meaning{Status: status, Source: "lab@example.org", Object: object}
}

func TestAnEndFindsTheOneProblemThatItNames(t *testing.T) {
	for name, test := range map[string]struct {
		open   []string
		end    meaning.Meaning
		object string // which it is about then
	}{
		"the same object":                 {[]string{"Freezer 2", "Freezer 3"}, says(meaning.Recovery, "Freezer 2"), "Freezer 2"},
		"a number and other words":        {[]string{"Freezer 2 too warm", "Freezer 3 too warm"}, says(meaning.Recovery, "Freezer 2 cold"), "Freezer 2 too warm"},
		"a name in quotes":                {[]string{"Die Webseite 'Intranet'", "Die Webseite 'Shop'"}, says(meaning.Recovery, "Hinweis: Webseite 'Intranet'"), "Die Webseite 'Intranet'"},
		"a path":                          {[]string{"[web1] no space on /var"}, says(meaning.Recovery, "[web1] space on /var"), "[web1] no space on /var"},
		"words that are the same":         {[]string{"Disk of the fileserver", "Fan of the fileserver"}, says(meaning.Recovery, "Disk space of the fileserver"), "Disk of the fileserver"},
		"a job that went well":            {[]string{"Nightly export work"}, says(meaning.OK, "Nightly export"), "Nightly export work"},
		"not another number":              {[]string{"Freezer 3 too warm"}, says(meaning.Recovery, "Freezer 2 cold"), "Freezer 2 cold"},
		"not another path of one host":    {[]string{"[web1] no space on /home"}, says(meaning.Recovery, "[web1] space on /var"), "[web1] space on /var"},
		"not one of two that fit as well": {[]string{"Door of room 7 open", "Lamp of room 7 broken"}, says(meaning.Recovery, "room 7"), "room 7"},
		"not what has one word in common": {[]string{"Disk of the fileserver"}, says(meaning.Recovery, "Disk of a printer"), "Disk of a printer"},
		"not another job":                 {[]string{"Backup of srv7 weekly"}, says(meaning.OK, "Backup of srv7 daily"), "Backup of srv7 daily"},
		"not where nothing was open":      {nil, says(meaning.Recovery, "Freezer 2 cold"), "Freezer 2 cold"},
		"not of another sender":           {[]string{"Freezer 2 too warm"}, meaning.Meaning{Status: meaning.Recovery, Source: "x@example.org", Object: "Freezer 2 cold"}, "Freezer 2 cold"},
		"not of a kind of sender that is known": {[]string{"Freezer 2 too warm"}, meaning.Meaning{Status: meaning.Recovery, Source: "lab@example.org", Sender: "a@example.org", Object: "Freezer 2 cold"},
			"Freezer 2 cold"},
		"information ends nothing": {[]string{"Freezer 2 too warm"}, says(meaning.Info, "Freezer 2 cold"), "Freezer 2 cold"},
	} {
		t.Run(name, func(t *testing.T) {
			var o recognise.Open
			for _, object := range test.open {
				o.Note(says(meaning.Problem, object), time.Now())
			}
			for range 2 { // also when it is said again
				if got := o.Note(test.end, time.Now()); got.Object != test.object || got.Status != test.end.Status {
					t.Errorf("it is about %q, want %q", got.Object, test.object)
				}
			}
		})
	}
}

func TestWhatWasEndedIsEndedByNothingElse(t *testing.T) {
	var o recognise.Open
	o.Note(says(meaning.Problem, "Freezer 2 too warm"), time.Now())
	o.Note(says(meaning.Recovery, "Freezer 2 cold"), time.Now())
	if got := o.Note(says(meaning.Recovery, "Freezer 2 door shut"), time.Now()); got.Object != "Freezer 2 door shut" {
		t.Errorf("it ended %q again", got.Object)
	}
	o.Note(says(meaning.Problem, "Freezer 2 too warm"), time.Now())
	if got := o.Note(says(meaning.Recovery, "Freezer 2 door shut"), time.Now()); got.Object != "Freezer 2 too warm" {
		t.Errorf("it is about %q", got.Object)
	}
}

func TestWhatIsKnownOfOpenThingsIsBounded(t *testing.T) {
	var o recognise.Open
	now := time.Now()
	o.Note(says(meaning.Problem, "Freezer 2 too warm"), now)
	for i := range 2000 {
		o.Note(meaning.Meaning{Status: meaning.Problem, Source: fmt.Sprint(i), Object: "a"}, now.Add(time.Minute))
	}
	if got := o.Note(says(meaning.Recovery, "Freezer 2 cold"), now); got.Object != "Freezer 2 cold" {
		t.Error("the sender that was not heard of for longest is known for good")
	}
	for i := range 200 {
		o.Note(says(meaning.Problem, fmt.Sprintf("Freezer %d too warm", i)), now)
	}
	if got := o.Note(says(meaning.Recovery, "Freezer 2 cold"), now); got.Object != "Freezer 2 cold" {
		t.Error("all things of a sender are known for good")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add("Freezer 2 too warm", "Freezer 2 cold")
	f.Add("['\"", "``[")
	f.Fuzz(func(t *testing.T, open, end string) {
		var o recognise.Open
		o.Note(says(meaning.Problem, open), time.Now())
		if got := o.Note(says(meaning.Recovery, end), time.Now()); got.Object != open && got.Object != end {
			t.Errorf("the end of %q is about %q", open, got.Object)
		}
		testutil.CheckLinear(t, testutil.FuzzSize, testutil.Shape{Open: open}.Grow, func(text string) {
			o.Note(says(meaning.Recovery, text), time.Now())
		})
	})
}

// What a mail says is over may be called otherwise than what was wrong.
func ExampleOpen() {
	var open recognise.Open
	open.Note(meaning.Meaning{Status: meaning.Problem, Source: "lab@example.org", Object: "Freezer 2 too warm"}, time.Now())
	end := open.Note(meaning.Meaning{Status: meaning.Recovery, Source: "lab@example.org", Object: "Freezer 2 cold"}, time.Now())
	fmt.Println(end.Object)
	// Output: Freezer 2 too warm
}
