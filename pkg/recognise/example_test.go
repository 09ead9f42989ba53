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

// Several alerts in one mail.
func ExampleRecogniser_Of() {
	r, err := recognise.New(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	rec := r.Of(message.New("root@nas1.example.com", nil, []byte("Subject: TrueNAS nas1: Alerts\n\nTrueNAS @ nas1\n\n"+
		"New alerts:\n- Pool tank state is DEGRADED\n\nThe following alert has been cleared:\n- Failed to sync TRUENAS catalog\n")))
	for _, part := range rec.Parts {
		fmt.Println(part.Status, part.Object)
	}
	// Output:
	// problem nas1/Pool tank state
	// recovery nas1/Failed to sync TRUENAS catalog
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
	// Output: [] source 1 "backup": okay: there is no such key; take one of count, example, headline, info, kind, match, name, object, ok, origin, part, problem, product, recovery, section, severity, warning
}
