package deliver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Try does what Send does with a mail of so many bytes, and leaves nothing behind. Its
// error is the one that Send would return.
func (d *Maildir) Try(bytes int) error {
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

func try(folder string, size int) error {
	f, err := os.CreateTemp(folder, ".failmail-") // mail clients skip what begins with a dot
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, size))
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
}
