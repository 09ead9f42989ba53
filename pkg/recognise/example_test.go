package recognise_test

import (
	"fmt"

	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/recognise"
)

// A sender of one's own, and one that is built in.
func ExampleNew() {
	r, err := recognise.New([]recognise.Source{{
		Name:    "backup",
		Match:   []string{`subject=~"Backup of .*"`},
		Problem: []string{`is red$`},
		OK:      []string{`is green$`},
		Object:  []string{`Backup of (\S+)`},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, subject := range []string{"Backup of srv7 is green", "** PROBLEM Host Alert: sw3 is DOWN **"} {
		rec := r.Of(message.New("app@example.com", nil, []byte("Subject: "+subject+"\r\n\r\n")))
		fmt.Println(rec.Status, rec.Severity, rec.Source, rec.Object)
	}
	// Output:
	// ok info backup srv7
	// problem critical nagios sw3
}

func ExampleBuiltin() {
	for _, s := range recognise.Builtin() {
		if s.Name == "nagios" {
			fmt.Println(s.Match[0])
			break
		}
	}
	// Output: subject=~"\\*\\* .* (Host|Service) Alert: .*"
}

// Read takes what a reader of TOML makes of [[source]].
func ExampleRead() {
	sources, err := recognise.Read([]any{map[string]any{"name": "backup", "match": `from="backup@srv7"`, "okay": "green"}})
	fmt.Println(sources, err)
	// Output: [] source 1 "backup": okay: there is no such key; take one of example, headline, info, match, name, object, ok, origin, problem, recovery, severity, warning
}
