package mailbox

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A walk goes through a folder and those in it.
type walk struct {
	reader *Reader
	ctx    context.Context
	yield  func(Mail, error) bool
	seen   map[string]bool // folders, without links: one may lead back to itself
	found  bool            // a maildir or a file of mails
}

// folder yields the mails at any depth of dir; false when no more is wanted.
func (r *Reader) folder(ctx context.Context, dir string, yield func(Mail, error) bool) bool {
	w := walk{reader: r, ctx: ctx, yield: yield, seen: make(map[string]bool)}
	if !w.folder(dir) {
		return false
	}
	if !w.found {
		return yield(Mail{}, fmt.Errorf("no mails in %q: a maildir has the folders cur and new, elsewhere the names of mails end in .eml; name the files", dir))
	}
	return true
}

func (w *walk) fail(path string, err error) bool {
	w.found = true // there is something else to say
	return w.yield(Mail{}, readError(w.ctx, path, err))
}

func (w *walk) folder(dir string) bool {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return w.fail(dir, err)
	}
	if w.seen[real] {
		return true
	}
	w.seen[real] = true
	if isFolder(filepath.Join(dir, "cur")) && isFolder(filepath.Join(dir, "new")) {
		return w.maildir(dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return w.fail(dir, err)
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		isMail := strings.EqualFold(filepath.Ext(path), ".eml")
		mode := entry.Type()
		if mode&os.ModeSymlink != 0 {
			info, err := os.Stat(path)
			if err != nil {
				if isMail && !w.fail(path, err) {
					return false
				}
				continue
			}
			mode = info.Mode()
		}
		switch {
		case mode.IsDir():
			if !w.folder(path) {
				return false
			}
		case mode.IsRegular() && isMail:
			w.found = true
			if !w.reader.file(w.ctx, path, w.yield) {
				return false
			}
		}
	}
	return true
}

// maildir yields the mails of a maildir in the order of their names, which begin
// with the time of arrival. What is in tmp is not whole yet.
func (w *walk) maildir(dir string) bool {
	w.found = true
	var names []string
	for _, sub := range []string{"cur", "new"} {
		here, err := readNames(filepath.Join(dir, sub))
		if err != nil && !w.fail(filepath.Join(dir, sub), err) {
			return false
		}
		for _, name := range here {
			if name[0] != '.' {
				names = append(names, filepath.Join(sub, name))
			}
		}
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(a[len("cur/"):], b[len("new/"):]) })
	for _, name := range names {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
			continue
		}
		if !w.reader.file(w.ctx, path, w.yield) {
			return false
		}
	}
	return true
}

func readNames(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
