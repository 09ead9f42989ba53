package deliver

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Try does what Send does with a mail of so many bytes, and leaves nothing behind. Its
// error is the one that Send would return.
func (d *Maildir) Try(bytes int) error {
	if !exists(filepath.Join(d.Dir, "tmp")) {
		d.forget() // somebody took it away; Send makes it again, too
	}
	if err := d.Init(); err != nil {
		return err
	}
	for folder, size := range map[string]int{"tmp": bytes, "new": 0} {
		if err := try(filepath.Join(d.Dir, folder), size); err != nil {
			d.forget()
			return fmt.Errorf("write to maildir %q: %w", d.Dir, err)
		}
	}
	return nil
}

// try makes a file of a name of its own, which the error leaves out: it would be
// another one each time.
func try(folder string, size int) error {
	f, err := os.CreateTemp(folder, ".failmail-") // mail clients skip what begins with a dot
	if err == nil {
		_, err = f.Write(make([]byte, size))
		err = cmp.Or(err, f.Sync(), f.Close(), os.Remove(f.Name()))
	}
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return &fs.PathError{Op: failed.Op, Path: folder, Err: failed.Err}
	}
	return err
}
