// Package brittledisk is a disk for the tests of stores in SQLite: calls to it fail when a
// test says so, and its power can be cut. It is in memory and makes no system calls, so
// that it works in a bubble of testing/synctest.
package brittledisk

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
)

// An Op is a kind of call to a disk.
type Op string

// The calls that a disk may fail.
const (
	Open     Op = "open"
	Read     Op = "read"
	Write    Op = "write"
	Truncate Op = "truncate"
	Sync     Op = "sync"
	Delete   Op = "delete"
)

// failures are what SQLite is told of a call that the hardware does not make.
var failures = map[Op]error{
	Open: sqlite3.CANTOPEN, Read: sqlite3.IOERR_READ, Write: sqlite3.IOERR_WRITE,
	Truncate: sqlite3.IOERR_TRUNCATE, Sync: sqlite3.IOERR_FSYNC, Delete: sqlite3.IOERR_DELETE,
}

// Failure returns what SQLite is told when op fails.
func Failure(op Op) error { return failures[op] }

// A Disk outlives those who mount it. What was written to it counts for a reader at once,
// and after a power cut if it was synced. It is safe for concurrent use.
type Disk struct {
	// Fault, unless it is nil, is asked before each call, and says with an error that it
	// fails. It may kill who has mounted the disk, or cut its power. It is set before the
	// first Mount.
	Fault func(op Op) error

	mu     sync.Mutex
	files  map[string]*content
	mounts map[*Mount]bool
}

// A content is what a file holds.
type content struct {
	now     []byte
	synced  []byte   // what a power cut leaves for certain
	written []change // since the last sync
	open    []*file
}

// A change is what was written at a place, or where the file was cut.
type change struct {
	at   int64
	data []byte // nil for a cut
}

func (c change) apply(to []byte) []byte {
	end := int(c.at) + len(c.data)
	if end > len(to) {
		to = append(to, make([]byte, end-len(to))...)
	}
	if c.data == nil {
		return to[:end]
	}
	copy(to[c.at:], c.data)
	return to
}

// Mount makes the disk available as an SQLite VFS, until Unmount.
func (d *Disk) Mount() *Mount {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := &Mount{disk: d}
	m.name = fmt.Sprintf("brittle-%p", m)
	if d.mounts == nil {
		d.files, d.mounts = make(map[string]*content), make(map[*Mount]bool)
	}
	d.mounts[m] = true
	vfs.Register(m.name, m)
	return m
}

// CutPower kills all who have mounted the disk. Of what was not synced it keeps what r says,
// in sectors: the kernel may have written any part of that, in any order. A nil r keeps
// nothing.
func (d *Disk) CutPower(r *rand.Rand) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for m := range d.mounts {
		d.kill(m)
	}
	for _, name := range slices.Sorted(maps.Keys(d.files)) {
		c := d.files[name]
		for _, change := range c.written {
			for _, sector := range change.sectors() {
				if r != nil && r.IntN(2) == 0 {
					c.synced = sector.apply(c.synced)
				}
			}
		}
		c.now, c.written = slices.Clone(c.synced), nil
	}
}

const sectorSize = 512

// sectors returns the parts of a change that are written as a whole or not at all.
func (c change) sectors() []change {
	if c.data == nil {
		return []change{c}
	}
	var all []change
	for at, data := c.at, c.data; len(data) > 0; {
		n := min(int64(len(data)), sectorSize-at%sectorSize)
		all = append(all, change{at, data[:n]})
		at, data = at+n, data[n:]
	}
	return all
}

// Size returns how many bytes the files have.
func (d *Disk) Size() (bytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.files {
		bytes += int64(len(c.now))
	}
	return bytes
}

func (d *Disk) kill(m *Mount) {
	delete(d.mounts, m)
	for _, c := range d.files {
		c.open = slices.DeleteFunc(c.open, func(f *file) bool { return f.mount == m })
	}
}

// A Mount is the disk as one process has it.
type Mount struct {
	disk *Disk
	name string
}

var _ vfs.VFS = (*Mount)(nil)

// Name returns that of the SQLite VFS.
func (m *Mount) Name() string { return m.name }

// Kill ends what a process that dies does to the disk: files that it has open take
// nothing any more, and are not locked.
func (m *Mount) Kill() {
	m.disk.mu.Lock()
	defer m.disk.mu.Unlock()
	m.disk.kill(m)
}

// Unmount is for when all files are closed.
func (m *Mount) Unmount() {
	m.Kill()
	vfs.Unregister(m.name)
}

// call makes a call, with the disk locked, unless it fails. A call that fails may be made
// in part; see file.WriteAt.
func (m *Mount) call(op Op, do func(failure error) error) error {
	var failure error
	if m.disk.Fault != nil {
		failure = m.disk.Fault(op)
	}
	m.disk.mu.Lock()
	defer m.disk.mu.Unlock()
	if !m.disk.mounts[m] {
		return failures[op]
	}
	return do(failure)
}

// Open implements vfs.VFS.
func (m *Mount) Open(name string, flags vfs.OpenFlag) (opened vfs.File, _ vfs.OpenFlag, err error) {
	if name == "" { // what SQLite sorts in
		return &vfsutil.SliceFile{}, flags | vfs.OPEN_MEMORY, nil
	}
	err = m.call(Open, func(failure error) error {
		if failure != nil {
			return failure
		}
		c := m.disk.files[name]
		if c == nil && flags&vfs.OPEN_CREATE == 0 {
			return sqlite3.CANTOPEN
		}
		if c == nil {
			c = &content{}
			m.disk.files[name] = c
		}
		f := &file{mount: m, content: c}
		c.open = append(c.open, f)
		opened = f
		return nil
	})
	return opened, flags, err
}

// Delete implements vfs.VFS. It is as durable as a journal of the file system makes it.
func (m *Mount) Delete(name string, _ bool) error {
	return m.call(Delete, func(failure error) error {
		switch {
		case failure != nil:
			return failure
		case m.disk.files[name] == nil:
			return sqlite3.IOERR_DELETE_NOENT
		}
		delete(m.disk.files, name)
		return nil
	})
}

// Access implements vfs.VFS.
func (m *Mount) Access(name string, _ vfs.AccessFlag) (bool, error) {
	m.disk.mu.Lock()
	defer m.disk.mu.Unlock()
	return m.disk.files[name] != nil, nil
}

// FullPathname implements vfs.VFS.
func (*Mount) FullPathname(name string) (string, error) { return name, nil }

// readAt reads as io.ReaderAt does.
func readAt(content, p []byte, at int64) (int, error) {
	if at >= int64(len(content)) {
		return 0, io.EOF
	}
	n := copy(p, content[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
