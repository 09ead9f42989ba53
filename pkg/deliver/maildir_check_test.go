package deliver_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/deliver"
)

func TestMaildirCheckLeavesNothingAndFindsWhatIsInTheWay(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	used := &deliver.Maildir{Dir: filepath.Join(folder, "used")}
	if err := used.Send(context.Background(), &deliver.Mail{From: "a@x", To: []string{"b@x"}, Raw: []byte("Subject: s\r\n\r\nm\r\n")}); err != nil {
		t.Fatal(err)
	}
	odd := filepath.Join(folder, "odd")
	if err := os.MkdirAll(odd, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(odd, "tmp"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := tree(t, folder)
	for dir, want := range map[string]string{
		"used": "", "new": "", "a/b/c": "",
		"file": "not a directory", "file/failed": "not a directory", "odd": "not a directory",
	} {
		path := filepath.Join(folder, dir)
		switch err := (&deliver.Maildir{Dir: path}).Check(); {
		case want == "" && err != nil:
			t.Errorf("%s: %v", dir, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path)):
			t.Errorf("%s: %v, want %q", dir, err, want)
		}
	}
	t.Chdir(folder)
	if err := (&deliver.Maildir{Dir: "failed"}).Check(); err != nil {
		t.Error(err)
	}
	if after := tree(t, folder); after != before {
		t.Errorf("left\n%s\nthere was\n%s", after, before)
	}
}

func tree(t *testing.T, folder string) string {
	t.Helper()
	var names strings.Builder
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		names.WriteString(path + "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names.String()
}
