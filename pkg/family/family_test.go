package family_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/family"
)

func learned(texts ...string) (*family.Families, []family.Text) {
	var f family.Families
	var all []family.Text
	for i, line := range texts {
		all = append(all, family.Text{Fingerprint: fmt.Sprint("v2:", i), Lines: []string{line}, Seen: time.Unix(int64(i), 0)})
		f.Learn(all[i])
	}
	return &f, all
}

func families(f *family.Families, texts []family.Text) int {
	found := make(map[string]bool)
	for _, t := range texts {
		found[f.Find(t).Fingerprint] = true
	}
	return len(found)
}

func TestTextsThatDifferInAValueAreOneError(t *testing.T) {
	for name, texts := range map[string][]string{
		"two placeholders":               {"took <num> at the gate", "took <duration> at the gate"},
		"lists of two lengths":           {"playbook failed on web<num>, web<num>", "playbook failed on db<num>"},
		"a word and two placeholders":    {"<ip> opened db<num>-a", "<host> opened <id>"},
		"a word, a mask and four names":  {"[ssh-one] Ban <ip>", "[ssh-two] Ban <ip>", "[ssh-three] Ban <ip>", "[ssh-four] Ban <ip>"},
		"machine-made words":             {"removed block rdd_<num> of memory", "removed block broadcast_<num> of memory"},
		"three identifiers":              {"Job import_customers failed", "Job sync_invoices failed", "Job nightly_report failed"},
		"four names behind a noun":       {"queue orders is stalled", "queue mails is stalled", "queue invoices is stalled", "queue refunds is stalled"},
		"placeholders in several places": {"<ip> opened the gate db<num>-a for good", "<host> opened the gate <id> for good"},
		"two names of a key":             {"login of a client refused database=shop", "login of a client refused database=blog"},
		"names in two places":            {"user anna failed on host alpha", "user ben failed on host beta", "user carl failed on host gamma", "user dora failed on host delta"},
		"data and a name":                {"copy of orders_a to host alpha failed", "copy of orders_a to host beta failed", "copy of users_b to host gamma failed", "copy of carts_c to host delta failed"},
		"four names of what is of them":  {"Backup of intranet failed again", "Backup of webmail failed again", "Backup of wiki failed again", "Backup of gitlab failed again"},
		"four names of an unknown key":   {"login of a client refused mandant=shop", "login of a client refused mandant=blog", "login of a client refused mandant=wiki", "login of a client refused mandant=mail"},
		"six places of a sentence":       {"backup failed on alpha", "backup failed on beta", "backup failed on gamma", "backup failed on delta", "backup failed on omega", "backup failed on sigma"},
		"parts of opposites in names":    {"pods db-redis-master-<num> stuck", "pods db-redis-slave-<num> stuck"},
		"a name beside its number":       {"pod web-a (<hex>) is stuck", "pod shop<num> (<hex>) is stuck", "pod web-b (<hex>) is stuck", "pod web-c (<hex>) is stuck"},
		"a level that is a name":         {"allocated JobId=<num> partition=debug", "allocated JobId=<num> partition=batch"},
		"a link that is a name":          {"device (lo): carrier is gone", "device (eth<num>): carrier is gone"},
		"what C prints for no value":     {"got nodes=(null) in <duration>", "got nodes=n<num> in <duration>"},
		"names in escaped quotes":        {`mount of volume \"certs\" is late`, `mount of volume \"wiki\" is late`},
		"two names in quotes":            {`Mailbox "anna" is over quota`, `Mailbox "otto" is over quota`},
		"four names with hyphens":        {"no reconnect to site-kiel today", "no reconnect to site-ulm today", "no reconnect to site-bonn today", "no reconnect to head-office today"},
		"two names behind a number":      {"Killed process <num> (mysqld)", "Killed process <num> (java)"},
		"three requests":                 {`no answer to "GET /cart HTTP/<num>" came`, `no answer to "POST /pay/<num> HTTP/<num>" came`, `no answer to "GET /api/a HTTP/<num>" came`},
		"three URLs":                     {"cannot read http://a.example/x today", "cannot read https://b.example/y today", "cannot read ftp://c.example:<num>/z today"},
		"a verb and three paths":         {"Opening /srv/a", "Opening /srv/b", "Opening /srv/c"},
		"three units":                    {"cron.service: Deactivated successfully", "dbus.service: Deactivated successfully", "home.mount: Deactivated successfully"},
		"names of which one is a noun":   {`lost db: 'shop' user: 'app' host: '<ip>'`, `lost db: 'crm' user: 'crm' host: '<ip>'`},
		"four names that end as verbs":   {`lost the database "billing"`, `lost the database "shipping"`, `lost the database "pricing"`, `lost the database "booking"`},
		"two names of several words":     {"the job 'Nightly ETL' is over quota", "the job 'Index <num> - Archive' is over quota"},
		"names in quotes of a book":      {"trop de mails de l'utilisateur « m.petit » ce soir", "trop de mails de l'utilisateur « a_b » ce soir", "trop de mails de l'utilisateur « c/d » ce soir"},
		"four names in quotes only":      {`the box "anna" is over quota`, `the box "otto" is over quota`, `the box "berta" is over quota`, `the box "karl" is over quota`},
	} {
		t.Run(name, func(t *testing.T) {
			f, all := learned(texts...)
			if n := families(f, all); n != 1 {
				t.Errorf("%d families of %q", n, texts)
			}
			f, all = learned(texts[:len(texts)-1]...)
			if n := families(f, all); n != len(all) {
				t.Errorf("%d families of %q", n, texts[:len(texts)-1])
			}
		})
	}
}

func TestAMachineIsOneOfAListWithItsAddress(t *testing.T) {
	for _, texts := range [][2]string{
		{"hosts unreachable: web<num> (<ip>), web<num> (<ip>)", "hosts unreachable: web<num> (<ip>), web<num> (<ip>), web<num> (<ip>)"},
		{"host db<num> (<ip>) unreachable", "host <host> unreachable"},
	} {
		if f, all := learned(texts[:]...); families(f, all) != 1 {
			t.Errorf("%q are two errors", texts)
		}
	}
}

func TestAWordIsANameWhereMachineMadeOnesStand(t *testing.T) {
	if f, all := learned("request via eth<num> was lost", "request via br-lan was lost"); families(f, all) != 2 {
		t.Error("one machine-made word is evidence")
	}
	if f, all := learned("request via eth<num> was lost", "request via ens<num> was lost", "request via br-lan was lost"); families(f, all) != 1 {
		t.Error("two machine-made words are no evidence")
	}
}

func TestTextsOfWhichOnlySignsDifferJoinWithOthersInAnyOrder(t *testing.T) {
	texts := []string{"copy of orders_a to the (old) house", "copy of orders_a to the old house", "copy of users_b to the old house", "copy of carts_c to the old house"}
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}} {
		var shuffled []string
		for _, i := range order {
			shuffled = append(shuffled, texts[i])
		}
		if f, all := learned(shuffled...); families(f, all) != 1 {
			t.Errorf("%q are %d families", shuffled, families(f, all))
		}
	}
}

func TestANewValueInAnyPlaceOfAFamilyIsTold(t *testing.T) {
	f, all := learned("user anna failed on host alpha", "user ben failed on host beta", "user carl failed on host gamma", "user dora failed on host delta")
	for line, want := range map[string][]family.PlaceValue{
		"user ben failed on host omega":  {{"on host <…>", "omega", time.Time{}}, {"user <…>", "ben", all[1].Seen}},
		"user emil failed on host beta":  {{"user <…>", "emil", time.Time{}}, {"on host <…>", "beta", all[1].Seen}},
		"user carl failed on host gamma": {{"user <…>", "carl", all[2].Seen}, {"on host <…>", "gamma", all[2].Seen}},
	} {
		got := f.Find(family.Text{Fingerprint: line, Lines: []string{line}})
		if got.Fingerprint != all[0].Fingerprint || !slices.Equal(got.Values, want) {
			t.Errorf("%q is %+v, want %+v", line, got, want)
		}
		if isNew := strings.Contains(line, "omega") || strings.Contains(line, "emil"); got.IsNew(time.Unix(100, 0)) != isNew {
			t.Errorf("%q is new: %v", line, !isNew)
		}
	}
	varying := f.Varying(all[2].Fingerprint)
	if len(varying) != 2 || len(varying[0].Values) != 4 || len(varying[1].Values) != 4 {
		t.Errorf("what varies is %+v", varying)
	}
}

func TestANewValueOfAFamilyIsFoundAndWasNeverSeen(t *testing.T) {
	f, all := learned("Job import_customers failed", "Job sync_invoices failed", "Job nightly_report failed")
	place := f.Find(family.Text{Fingerprint: "v2:new", Lines: []string{"Job export_invoices failed"}})
	if place.Fingerprint != all[0].Fingerprint || place.Values[0].Text != "export_invoices" || !place.IsNew(time.Now()) {
		t.Errorf("the place is %+v", place)
	}
	for _, never := range []string{"Job disk_failed failed", "Job failed failed", "Job TimeoutError failed"} {
		if place := f.Find(family.Text{Fingerprint: "v2:" + never, Lines: []string{never}}); place.Fingerprint != "v2:"+never {
			t.Errorf("%q joined a family", never)
		}
	}
}

// What is found of a text before it is learned is what stands after, and the order of texts does
// not matter, whatever they are made of.
func TestFamiliesOfRandomTextsDoNotDependOnTheirOrder(t *testing.T) {
	words := strings.Fields(`job queue host user failed reset orders_a users_b carts_c anna ben carl dora (anna) "ben" <num> <ip> <host> db<num> web_<num> of to at the is /srv/a /srv/b shop.orders`)
	random := rand.New(rand.NewPCG(3, 4))
	for round := range 60 {
		var texts []family.Text
		begin := []string{"copy of " + words[random.IntN(len(words))], "user"}
		for i := range 40 {
			lines := slices.Clone(begin[:1+round%2])
			for n := range lines {
				for range 3 + round%4 {
					lines[n] += " " + words[random.IntN(len(words))]
				}
			}
			texts = append(texts, family.Text{Fingerprint: fmt.Sprintf("v2:%02d", i), Lines: lines, Seen: time.Unix(int64(i), 0)})
		}
		var want string
		for range 4 {
			var f family.Families
			for _, i := range random.Perm(len(texts)) {
				f.Learn(texts[i])
			}
			got := fmt.Sprint(parts(&f, texts))
			if want == "" {
				want = got
			} else if got != want {
				t.Fatalf("round %d: families %v, and in another order %v of %q", round, want, got, texts)
			}
		}
	}
}

func TestTheOrderOfTextsDoesNotMatter(t *testing.T) {
	var texts []family.Text
	for i, line := range []string{
		"Job import_a failed", "Job sync_b failed", "Job night_c failed", "Job <num> failed", "Job x<num> failed",
		"queue orders is stalled", "queue mails is stalled", "queue invoices is stalled", "queue refunds is stalled", "queue a_<num> is stalled", "queue b/c is stalled",
		"cannot reach the server", "cannot reach the server <ip>", "cannot reach the server db_<num>",
		"<ip> opened the gate <num> for good", "<host> opened the gate db<num> for good", "<ip> opened the gate db<num> for good", "<ip> opened the gate db<num> a_<num> for good",
		"user anna failed on host alpha", "user ben failed on host beta", "user carl failed on host gamma", "user dora failed on host delta", "user <num> failed on host <ip>", "user anna failed on host eta",
		"host <ip> is gone for good", "host intranet is gone for good", "host extranet is gone for good", "host db_a is gone for good",
	} {
		texts = append(texts, family.Text{Fingerprint: fmt.Sprintf("v2:%02d", i), Lines: []string{line}})
	}
	var want [][]string
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var f family.Families
		shuffled := slices.Clone(texts)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for _, text := range shuffled {
			f.Learn(text)
		}
		got := parts(&f, texts)
		if want == nil {
			want = got
		} else if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("families %v, and in another order %v", got, want)
		}
	}
	if len(want) != 7 {
		t.Errorf("the families are %v", want)
	}
}

// parts returns the fingerprints of each family.
func parts(f *family.Families, texts []family.Text) (all [][]string) {
	byFamily := make(map[string][]string)
	for _, text := range texts {
		id := f.Find(text).Fingerprint
		byFamily[id] = append(byFamily[id], text.Fingerprint)
	}
	for _, part := range byFamily {
		all = append(all, part)
	}
	slices.SortFunc(all, slices.Compare)
	return all
}

func TestWhatIsBeyondTheBoundStandsAlone(t *testing.T) {
	var f family.Families
	for i := range family.MaxTexts + 10 {
		f.Learn(family.Text{Fingerprint: fmt.Sprint(i), Lines: []string{fmt.Sprintf("%c%c%c is wrong with it", 'a'+i%26, 'a'+i/26%26, 'a'+i/676)}})
	}
	if !f.Full() {
		t.Error("no bound was reached")
	}
}

func BenchmarkLearn5000(b *testing.B) {
	texts := make([]family.Text, 5000)
	for i := range texts {
		texts[i] = family.Text{Fingerprint: fmt.Sprint(i), Lines: []string{
			fmt.Sprintf("worker <num>: request to service %c%c%c of <host> took <duration> and returned code <num> at <time>", 'a'+i%26, 'a'+i/26%26, 'a'+i/676)}}
	}
	b.ReportAllocs()
	for b.Loop() {
		var f family.Families
		for _, text := range texts {
			f.Learn(text)
		}
	}
}

func TestTextsThatCameBeforeTheirFamilyWasKnownAreOfItHoweverManyTheyAre(t *testing.T) {
	var texts []string
	for i := range 90 {
		texts = append(texts, fmt.Sprintf("Load of table t_%c%c stopped", 'a'+i%26, 'a'+i/26))
	}
	f, all := learned(texts...)
	for _, text := range all {
		if place := f.Find(text); place.Fingerprint != all[0].Fingerprint || len(place.Values) != 1 || !place.Values[0].Seen.Equal(text.Seen) {
			t.Fatalf("%q is %+v", text.Lines, place)
		}
	}
	if varying := f.Varying(all[80].Fingerprint); len(varying) != 1 || len(varying[0].Values) != 90 {
		t.Errorf("what varies is %v", varying)
	}
	if n := f.Len(); n != 64 {
		t.Errorf("%d texts are kept", n)
	}
}

func TestAValueBeyondTheBoundOfAFamilyBelongsToItEachTime(t *testing.T) {
	var f family.Families
	text := func(i int) family.Text {
		return family.Text{Fingerprint: fmt.Sprint(i), Lines: []string{fmt.Sprintf("Job imp_%c%c could not run today", 'a'+i%26, 'a'+i/26)}, Seen: time.Unix(int64(i)+1, 0)}
	}
	for i := range 100 {
		for range 2 {
			p := f.Note(text(i))
			for _, noted := range f.Noted() {
				f.Learn(noted)
			}
			if i >= 3 && p.Fingerprint != "0" {
				t.Fatalf("value %d is of %s", i, p.Fingerprint)
			}
		}
	}
	for i, isNew := range map[int]bool{10: false, 70: false, 99: false, 120: true} {
		if p := f.Note(text(i)); p.IsNew(time.Unix(1000, 0)) != isNew {
			t.Errorf("value %d is new: %t", i, !isNew)
		}
	}
	if n := f.Len(); n > 64 {
		t.Errorf("%d texts are kept", n)
	}
}
