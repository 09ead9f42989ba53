package recognise

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what the documentation lists of the sources anew")

// checkListed reports if page does not have text between begin and end, or writes it there
// with -update.
func checkListed(t *testing.T, page, begin, text, end string) {
	t.Helper()
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(raw), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s does not have %q and, after it, %q", page, begin, end)
	}
	want := before + begin + text + end + after
	switch {
	case want == string(raw):
	case !*update:
		t.Errorf("%s does not list what is known; write it anew with go test ./pkg/recognise -run Documentation -update", page)
	default:
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheDocumentationListsEverySource(t *testing.T) {
	origins := make(map[string][]string)
	var names []string
	for _, s := range Builtin() {
		if !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
		if !slices.Contains(origins[s.Name], s.Origin) {
			origins[s.Name] = append(origins[s.Name], s.Origin)
		}
	}
	slices.Sort(names)
	var rows strings.Builder
	for _, name := range names {
		rows.WriteString("| " + name + " | " + strings.ReplaceAll(strings.Join(origins[name], "; "), "|", `\|`) + " |\n")
	}
	checkListed(t, "../../docs/sources.md", "| source | known from |\n|---|---|\n", rows.String(), "\nA new one")
}

// kinds are the groups that products are listed in, as the documentation calls them.
var kinds = []struct{ key, title string }{
	{"monitoring", "Monitoring"},
	{"backup", "Backup"},
	{"storage", "Storage and NAS"},
	{"server", "Servers, network and power"},
	{"ci", "CI and scheduled jobs"},
	{"system", "cron and the operating system"},
	{"cloud", "Cloud and hosted monitoring"},
	{"web", "Web and mail"},
}

func TestEverySourceNamesItsProduct(t *testing.T) {
	named := map[string]string{"failmail": "itself, which nobody has to point at it"}
	for _, s := range Builtin() {
		known := slices.ContainsFunc(kinds, func(k struct{ key, title string }) bool { return k.key == s.Kind })
		switch {
		case named[s.Name] != "":
			if len(s.Product) > 0 || s.Kind != "" {
				t.Errorf("%s: only the first source of a name has product and kind", s.Name)
			}
		case len(s.Product) == 0 || !known:
			t.Errorf("%s: product is %q and kind %q; name the product as people do, and put it into one of the groups %v", s.Name, s.Product, s.Kind, kinds)
		}
		named[s.Name] = s.Name
	}
}

func TestTheDocumentationNamesEveryProduct(t *testing.T) {
	var list strings.Builder
	for _, k := range kinds {
		var products []string
		for _, s := range Builtin() {
			if s.Kind == k.key {
				products = append(products, s.Product...)
			}
		}
		slices.SortFunc(products, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
		list.WriteString("- **" + k.title + "**: " + strings.Join(slices.Compact(products), ", ") + "\n")
	}
	for _, page := range []string{"../../docs/works-with.md", "../../README.md"} {
		checkListed(t, page, "<!-- products: from pkg/recognise/sources -->\n", list.String(), "<!-- end of products -->\n")
	}
}

var (
	productHeading = regexp.MustCompile(`(?m)^### (.+)$`)
	recognisedAs   = regexp.MustCompile("(?m)^Recognised as ((?:`[^`\n]+`(?:, )?)+)")
	typicalMail    = regexp.MustCompile("(?m)^- `(.+?)`: (\\w+), `(.+?)`$")
	quoted         = regexp.MustCompile("`([^`]+)`")
)

// What the pages about products say of a mail is what is made of it: of the example with that
// subject of the source that they name, and, of products that have none, of the subject alone.
func TestTheDocumentationOfProductsIsTrue(t *testing.T) {
	r, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	examples := make(map[string][]Example)
	for _, s := range Builtin() {
		examples[s.Name] = append(examples[s.Name], s.Examples...)
	}
	products := 0
	for _, page := range []string{"../../docs/works-with/appliances.md", "../../docs/works-with/software.md"} {
		raw, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		text := string(raw)
		headings := productHeading.FindAllStringSubmatchIndex(text, -1)
		for i, at := range headings {
			end := len(text)
			if i+1 < len(headings) {
				end = headings[i+1][0]
			}
			products++
			t.Run(text[at[2]:at[3]], func(t *testing.T) { checkProduct(t, r, text[at[1]:end], examples) })
		}
	}
	if products < 20 {
		t.Errorf("only %d products were found", products)
	}
}

func checkProduct(t *testing.T, r *Recogniser, section string, examples map[string][]Example) {
	if !strings.Contains(section, "](https://") && !strings.Contains(section, "](http://") {
		t.Error("nothing says where this is known from; add a link")
	}
	var sources []string
	if named := recognisedAs.FindString(section); named != "" {
		for _, name := range quoted.FindAllStringSubmatch(named, -1) {
			if examples[name[1]] == nil {
				t.Errorf("there is no source %q", name[1])
			}
			sources = append(sources, name[1])
		}
	}
	mails := typicalMail.FindAllStringSubmatch(section, -1)
	if bullets := strings.Count(section, "\n- "); len(mails) != bullets || len(sources) > 0 && bullets == 0 {
		t.Errorf("%d of %d entries read as - `subject`: status, `object`", len(mails), bullets)
	}
	for _, m := range mails {
		var made []string
		candidates := []Example{{Subject: m[1]}}
		if len(sources) > 0 {
			candidates = nil
			for _, name := range sources {
				candidates = append(candidates, examples[name]...)
			}
		}
		for _, e := range candidates {
			if e.Subject != m[1] {
				continue
			}
			rec := r.Of(mailOf(e))
			if (len(sources) == 0) != (examples[rec.Source] == nil) {
				t.Errorf("%q is of the source %q", e.Subject, rec.Source)
			}
			made = append(made, string(rec.Status)+", "+rec.Object)
		}
		if !slices.Contains(made, m[2]+", "+m[3]) {
			t.Errorf("%q is read as %q, not as %s, %s", m[1], made, m[2], m[3])
		}
	}
}
