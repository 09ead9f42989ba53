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

func TestAnEndEndsWhatWasBadWhenItWasHeardOfLast(t *testing.T) {
	var o recognise.Open
	known := func(status meaning.Status, object string) meaning.Meaning {
		return meaning.Meaning{Status: status, Source: "veeam", Sender: "veeam@example.org", Object: object}
	}
	for i, step := range []struct {
		says meaning.Meaning
		ends bool
	}{
		{known(meaning.OK, "Daily VMs"), false},
		{known(meaning.Problem, "Daily VMs"), false},
		{known(meaning.OK, "Weekly VMs"), false},
		{known(meaning.OK, "Daily VMs"), true},
		{known(meaning.OK, "Daily VMs"), false},
		{says(meaning.Problem, "Backup of srv7"), false},
		{says(meaning.OK, "Backup of srv7"), true},
		{says(meaning.OK, "Backup of srv7"), false},
	} {
		if _, ends := o.Note(step.says, time.Now()); ends != step.ends {
			t.Errorf("step %d: it ends something: %t", i, ends)
		}
	}
}

func TestAnEndFindsTheOneProblemThatItNames(t *testing.T) {
	for name, test := range map[string]struct {
		open   []string
		end    meaning.Meaning
		object string // which it is about then
	}{
		"the same object":                  {[]string{"Freezer 2", "Freezer 3"}, says(meaning.Recovery, "Freezer 2"), "Freezer 2"},
		"other words for how it is":        {[]string{"Freezer 2 too warm", "Freezer 3 too warm"}, says(meaning.Recovery, "Freezer 2 cold"), "Freezer 2 too warm"},
		"a word that introduces the mail":  {[]string{"Dienst 'Intranet'", "Dienst 'Shop'"}, says(meaning.Recovery, "Hinweis: Dienst 'Intranet'"), "Dienst 'Intranet'"},
		"another order":                    {[]string{"disk /var of web1"}, says(meaning.Recovery, "web1: disk /var"), "disk /var of web1"},
		"less than was wrong":              {[]string{"Pump 4 of the greenhouse reacts not"}, says(meaning.Recovery, "Pump 4 of the greenhouse"), "Pump 4 of the greenhouse reacts not"},
		"the same names rather than more":  {[]string{"room 7 lamp", "room 7 lamp of the desk"}, says(meaning.Recovery, "the lamp of room 7"), "room 7 lamp"},
		"a job that went well":             {[]string{"Hinweis: Nightly export job of srv7"}, says(meaning.OK, "Nightly export job of srv7"), "Hinweis: Nightly export job of srv7"},
		"another state in the middle":      {[]string{"Enlace caido Sucursal Rosario", "Enlace caido Sucursal Salta"}, says(meaning.Recovery, "Enlace restablecido Sucursal Rosario"), "Enlace caido Sucursal Rosario"},
		"a noun for a failure":             {[]string{"Pump problem in hall2: valve"}, says(meaning.Recovery, "Pump in hall2: valve"), "Pump problem in hall2: valve"},
		"what a thermometer measures":      {[]string{"[barn] Tank 1 hot", "[barn] Tank 2 hot"}, says(meaning.Recovery, "[barn] Tank 1 temperature"), "[barn] Tank 1 hot"},
		"another form of a word":           {[]string{"importu faktur ze sklepu"}, says(meaning.OK, "Import faktur ze sklepu"), "importu faktur ze sklepu"},
		"an article without its vowel":     {[]string{"l'import des relevés Société 12"}, says(meaning.OK, "Import des relevés Société 12"), "l'import des relevés Société 12"},
		"words for that it can be reached": {[]string{"Impianto Rossi: Inverter 2 non comunica"}, says(meaning.Recovery, "Impianto Rossi: Inverter 2 comunicazione"), "Impianto Rossi: Inverter 2 non comunica"},
		"two words for a backup":           {[]string{"BACKUP SUR nas7"}, says(meaning.OK, "Sauvegarde sur nas7"), "BACKUP SUR nas7"},
		"another case of a word":           {[]string{"резервного копирования насоса 7"}, says(meaning.OK, "резервное копирование насоса 7"), "резервного копирования насоса 7"},
		"what was restarted":               {[]string{"inlet of tank4"}, says(meaning.Recovery, "inlet of tank4 restarted"), "inlet of tank4"},
		"a word for that it is back":       {[]string{"host pompa-a2"}, says(meaning.Recovery, "POWRÓT: host pompa-a2 znów"), "host pompa-a2"},
		"what lags":                        {[]string{"valve replication lag on pump3"}, says(meaning.Recovery, "valve replication on pump3"), "valve replication lag on pump3"},

		"not a leak by its connection":         {[]string{"Pump 4 leaking"}, says(meaning.Recovery, "Pump 4 communication"), "Pump 4 communication"},
		"not another word that begins so":      {[]string{"насос 7"}, says(meaning.Recovery, "насосная 7"), "насосная 7"},
		"not a town by another":                {[]string{"Узел 7 Ивановка"}, says(meaning.Recovery, "Узел 7 Иваново"), "Узел 7 Иваново"},
		"not a job that was started again":     {[]string{"Sync of pump7"}, says(meaning.OK, "Sync of pump7 restarted"), "Sync of pump7 restarted"},
		"not by one word that both have":       {[]string{"Shop server"}, says(meaning.OK, "Shop update"), "Shop update"},
		"not one of two letters":               {[]string{"Backup 3 of serverA"}, says(meaning.Recovery, "Backup 3 of serverB"), "Backup 3 of serverB"},
		"not the other direction":              {[]string{"Tunnel Berlin/Hamburg site2"}, says(meaning.Recovery, "Tunnel Hamburg/Berlin site2"), "Tunnel Hamburg/Berlin site2"},
		"not the other part of a town":         {[]string{"Station ville haute 2"}, says(meaning.Recovery, "Station ville basse 2"), "Station ville basse 2"},
		"not one of two troubles":              {[]string{"Tank 5 empty", "Tank 5 leaking"}, says(meaning.Recovery, "Tank 5"), "Tank 5"},
		"not its temperature by another value": {[]string{"Tank 1 level"}, says(meaning.Recovery, "Tank 1 temperature"), "Tank 1 temperature"},
		"not another kind of failure":          {[]string{"hall2 gate intrusion"}, says(meaning.Recovery, "hall2 gate corruption"), "hall2 gate corruption"},
		"not another word of its stem":         {[]string{"pump-north of site7"}, says(meaning.Recovery, "pump-south of site7"), "pump-south of site7"},
		"not another number":                   {[]string{"Freezer 3 too warm"}, says(meaning.Recovery, "Freezer 2 cold"), "Freezer 2 cold"},
		"not another path of one host":         {[]string{"[web1] no space on /home"}, says(meaning.Recovery, "[web1] space on /var"), "[web1] space on /var"},
		"not another part of a host":           {[]string{"web1 nginx"}, says(meaning.Recovery, "web1 mysql"), "web1 mysql"},
		"not a part of a host":                 {[]string{"web1 nginx"}, says(meaning.Recovery, "web1"), "web1"},
		"not a host of a part":                 {[]string{"web1"}, says(meaning.Recovery, "web1 mysql"), "web1 mysql"},
		"not a part of what was wrong":         {[]string{"server7 disk sda"}, says(meaning.Recovery, "server7 disk sda temperature"), "server7 disk sda temperature"},
		"not what is measured by what is not":  {[]string{"web1 too hot"}, says(meaning.Recovery, "web1"), "web1"},
		"not another place":                    {[]string{"VPN to Berlin"}, says(meaning.Recovery, "VPN to Munich"), "VPN to Munich"},
		"not another queue":                    {[]string{"queue orders on rabbit1"}, says(meaning.Recovery, "queue invoices on rabbit1"), "queue invoices on rabbit1"},
		"not another alarm of one room":        {[]string{"Room 3 smoke"}, says(meaning.Recovery, "Room 3 intrusion"), "Room 3 intrusion"},
		"not another kind of backup":           {[]string{"Backup db9 full"}, says(meaning.OK, "Backup db9 incremental"), "Backup db9 incremental"},
		"not what a job does besides":          {[]string{"Backup srv7 verify"}, says(meaning.OK, "Backup srv7"), "Backup srv7"},
		"not another job":                      {[]string{"Backup of srv7 weekly"}, says(meaning.OK, "Backup of srv7 daily"), "Backup of srv7 daily"},
		"not one of two that fit as well":      {[]string{"room 7 door open", "room 7 lamp broken"}, says(meaning.Recovery, "room 7"), "room 7"},
		"not what has one word in common":      {[]string{"Disk of the fileserver"}, says(meaning.Recovery, "Disk of a printer"), "Disk of a printer"},
		"not where nothing was open":           {nil, says(meaning.Recovery, "Freezer 2 cold"), "Freezer 2 cold"},
		"not of another sender":                {[]string{"Freezer 2 too warm"}, meaning.Meaning{Status: meaning.Recovery, Source: "x@example.org", Object: "Freezer 2 cold"}, "Freezer 2 cold"},
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
				if got, _ := o.Note(test.end, time.Now()); got.Object != test.object || got.Status != test.end.Status {
					t.Errorf("it is about %q, want %q", got.Object, test.object)
				}
			}
		})
	}
}

func TestWhatIsKnownOfOpenThingsIsBounded(t *testing.T) {
	var o recognise.Open
	now := time.Now()
	o.Note(says(meaning.Problem, "Freezer 2 too warm"), now)
	for i := range 2000 {
		o.Note(meaning.Meaning{Status: meaning.Problem, Source: fmt.Sprint(i), Object: "a"}, now.Add(time.Minute))
	}
	if got, _ := o.Note(says(meaning.Recovery, "Freezer 2 cold"), now); got.Object != "Freezer 2 cold" {
		t.Error("the sender that was not heard of for longest is known for good")
	}
	for i := range 200 {
		o.Note(says(meaning.Problem, fmt.Sprintf("Freezer %d too warm", i)), now)
	}
	if got, _ := o.Note(says(meaning.Recovery, "Freezer 2 cold"), now); got.Object != "Freezer 2 cold" {
		t.Error("all things of a sender are known for good")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add("Freezer 2 too warm", "Freezer 2 cold")
	f.Add("['\"", "``[")
	f.Fuzz(func(t *testing.T, open, end string) {
		var o recognise.Open
		o.Note(says(meaning.Problem, open), time.Now())
		if got, _ := o.Note(says(meaning.Recovery, end), time.Now()); got.Object != open && got.Object != end {
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
	end, _ := open.Note(meaning.Meaning{Status: meaning.Recovery, Source: "lab@example.org", Object: "Freezer 2 cold"}, time.Now())
	fmt.Println(end.Object)
	// Output: Freezer 2 too warm
}
