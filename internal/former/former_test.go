package former_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/former"
	"github.com/hut8labs/failmail/internal/testutil"
)

// The fingerprints are those that the program of 1.0 computed of these texts.
func TestFingerprintsAreThoseOfTheReleasedProgram(t *testing.T) {
	const job = "Job 4711 failed on web-1.example.com"
	for _, tt := range []struct{ file, subject, want string }{
		{"dotnet", job, "v1:285c5580dc14f02e"},
		{"go", job, "v1:3cfe2ba6fecf1733"},
		{"java", job, "v1:7f62e33d45699ead"},
		{"node", job, "v1:be58efdcf0bb158f"},
		{"perl", job, "v1:81a8a5af05c01c5b"},
		{"php", job, "v1:cac217da8e1b878f"},
		{"python", job, "v1:aba84537f2e449a1"},
		{"ruby", job, "v1:e6aa1b786a4e21da"},
		{"rust", job, "v1:da82f6a7d760de3a"},
		{"values", "Cron <root@web1> job 17 failed", "v1:e047fa0f05db2e41"},
		{"", "disk full on web-7", "v1:e882ac0a307be947"},
	} {
		t.Run(tt.file, func(t *testing.T) {
			var text []byte
			if tt.file != "" {
				var err error
				if text, err = os.ReadFile(filepath.Join("testdata", tt.file+".txt")); err != nil {
					t.Fatal(err)
				}
			}
			if got := former.Fingerprint(tt.subject, strings.TrimRight(string(text), "\n")); got != tt.want || !former.Is(got) {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// What a hostile mail costs grows with its length, whatever is in it.
func FuzzCost(f *testing.F) {
	for _, open := range []string{"a", "at a(b) ", "\tat a.b(C.java:1)\n", "#0 ", "File \"a\", line 1, in b\n", "'k1", "?a=1", "1.", "user=", "Caused by: "} {
		f.Add("", open, "", "")
	}
	f.Fuzz(func(t *testing.T, prefix, open, close, suffix string) {
		shape := testutil.Shape{Prefix: prefix, Open: open, Close: close, Suffix: suffix}
		testutil.CheckLinear(t, testutil.FuzzSize, shape.Grow, func(text string) { former.Fingerprint("", text) })
	})
}
