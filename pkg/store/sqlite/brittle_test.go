package sqlite

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// A brittleDisk is a VFS over the usual one. Its calls are numbered; one of them
// fails, or that and all that follow. It keeps book of what a power cut would leave:
// what was written counts from the sync that succeeds after it, and what was written
// before one that failed is lost, since a kernel forgets it then and the next sync
// says nothing of it.
type brittleDisk struct {
	vfs.VFSFilename
	name    string
	failAt  int  // the number of the call that fails; 0 for none
	forever bool // and so do all after it

	mu      sync.Mutex
	calls   int
	failed  int
	durable map[string][]byte // by base name
}

func newBrittleDisk(t *testing.T, failAt int, forever bool) *brittleDisk {
	d := &brittleDisk{
		VFSFilename: vfs.Find("os").(vfs.VFSFilename),
		// Tests run side by side, and the registry is one.
		name: fmt.Sprintf("brittle-%x", t.Name()+strconv.Itoa(failAt)+strconv.FormatBool(forever)), failAt: failAt, forever: forever, durable: make(map[string][]byte),
	}
	vfs.Register(d.name, d)
	t.Cleanup(func() { vfs.Unregister(d.name) })
	return d
}

// call counts a call and returns failure if it is one that fails.
func (d *brittleDisk) call(failure error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls++
	if d.failAt > 0 && (d.calls == d.failAt || d.forever && d.calls > d.failAt) {
		d.failed++
		return failure
	}
	return nil
}

// content returns what a power cut leaves of each file.
func (d *brittleDisk) content() map[string][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	left := make(map[string][]byte)
	for name, content := range d.durable {
		left[name] = slices.Clone(content)
	}
	return left
}

func (d *brittleDisk) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	if err := d.call(sqlite3.CANTOPEN); err != nil {
		return nil, flags, err
	}
	f, flags, err := d.VFSFilename.OpenFilename(name, flags)
	if err != nil {
		return nil, flags, err
	}
	return &brittleFile{File: f, disk: d, name: filepath.Base(name.String())}, flags, nil
}

func (d *brittleDisk) Delete(name string, syncDir bool) error {
	if err := d.call(sqlite3.IOERR_DELETE); err != nil {
		return err
	}
	d.mu.Lock()
	delete(d.durable, filepath.Base(name))
	d.mu.Unlock()
	return d.VFSFilename.Delete(name, syncDir)
}

// A brittleFile is a file of a brittleDisk.
type brittleFile struct {
	vfs.File
	disk    *brittleDisk
	name    string
	written []change // since the last sync
}

// A change is what was written at a place, or where the file was cut.
type change struct {
	at   int64
	data []byte // nil for a cut
}

func (f *brittleFile) ReadAt(p []byte, at int64) (int, error) {
	if err := f.disk.call(sqlite3.IOERR_READ); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, at)
}

// WriteAt writes half of it before it fails.
func (f *brittleFile) WriteAt(p []byte, at int64) (int, error) {
	failure := f.disk.call(sqlite3.IOERR_WRITE)
	if failure != nil {
		p = p[:len(p)/2]
	}
	n, err := f.File.WriteAt(p, at)
	f.written = append(f.written, change{at, append([]byte{}, p[:n]...)})
	if failure != nil {
		return n, failure
	}
	return n, err
}

func (f *brittleFile) Truncate(size int64) error {
	if err := f.disk.call(sqlite3.IOERR_TRUNCATE); err != nil {
		return err
	}
	f.written = append(f.written, change{size, nil})
	return f.File.Truncate(size)
}

func (f *brittleFile) Sync(flags vfs.SyncFlag) error {
	written := f.written
	f.written = nil
	if err := f.disk.call(sqlite3.IOERR_FSYNC); err != nil {
		return err
	}
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	content := f.disk.durable[f.name]
	for _, c := range written {
		end := int(c.at) + len(c.data)
		if end > len(content) {
			content = append(content, make([]byte, end-len(content))...)
		}
		if c.data == nil {
			content = content[:end]
		}
		copy(content[c.at:], c.data)
	}
	f.disk.durable[f.name] = content
	return nil // the test needs no real one
}
