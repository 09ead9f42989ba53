package brittledisk

import (
	"slices"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// A file is one that a process has open.
type file struct {
	mount   *Mount
	content *content
	lock    vfs.LockLevel
}

var _ vfs.File = (*file)(nil)

func (f *file) ReadAt(p []byte, at int64) (n int, err error) {
	err = f.mount.call(Read, func(failure error) error {
		if failure != nil {
			return failure
		}
		n, err = readAt(f.content.now, p, at)
		return err
	})
	return n, err
}

// WriteAt writes half of it before it fails.
func (f *file) WriteAt(p []byte, at int64) (n int, err error) {
	err = f.mount.call(Write, func(failure error) error {
		if failure != nil {
			p = p[:len(p)/2]
		}
		n = len(p)
		f.change(change{at, append([]byte{}, p...)})
		return failure
	})
	return n, err
}

// change is called with the disk locked.
func (f *file) change(c change) {
	f.content.now = c.apply(f.content.now)
	f.content.written = append(f.content.written, c)
}

func (f *file) Truncate(size int64) error {
	return f.mount.call(Truncate, func(failure error) error {
		if failure == nil {
			f.change(change{size, nil})
		}
		return failure
	})
}

// Sync forgets what was written when it fails, as a kernel does: the next sync says
// nothing of it.
func (f *file) Sync(vfs.SyncFlag) error {
	return f.mount.call(Sync, func(failure error) error {
		written := f.content.written
		f.content.written = nil
		if failure != nil {
			return failure
		}
		for _, c := range written {
			f.content.synced = c.apply(f.content.synced)
		}
		return nil
	})
}

func (f *file) Size() (int64, error) {
	f.mount.disk.mu.Lock()
	defer f.mount.disk.mu.Unlock()
	return int64(len(f.content.now)), nil
}

func (f *file) Close() error {
	f.mount.disk.mu.Lock()
	defer f.mount.disk.mu.Unlock()
	f.content.open = slices.DeleteFunc(f.content.open, func(other *file) bool { return other == f })
	return nil
}

// most is the highest lock that others may hold for one to be given.
var most = map[vfs.LockLevel]vfs.LockLevel{
	vfs.LOCK_SHARED: vfs.LOCK_RESERVED, vfs.LOCK_RESERVED: vfs.LOCK_SHARED, vfs.LOCK_EXCLUSIVE: vfs.LOCK_NONE,
}

func (f *file) Lock(lock vfs.LockLevel) error {
	f.mount.disk.mu.Lock()
	defer f.mount.disk.mu.Unlock()
	if f.others() > most[lock] {
		return sqlite3.BUSY
	}
	f.lock = max(f.lock, lock)
	return nil
}

// others returns the highest lock that others hold.
func (f *file) others() (highest vfs.LockLevel) {
	for _, other := range f.content.open {
		if other != f {
			highest = max(highest, other.lock)
		}
	}
	return highest
}

func (f *file) Unlock(lock vfs.LockLevel) error {
	f.mount.disk.mu.Lock()
	defer f.mount.disk.mu.Unlock()
	f.lock = min(f.lock, lock)
	return nil
}

func (f *file) CheckReservedLock() (bool, error) {
	f.mount.disk.mu.Lock()
	defer f.mount.disk.mu.Unlock()
	return max(f.lock, f.others()) >= vfs.LOCK_RESERVED, nil
}

func (*file) SectorSize() int { return sectorSize }

// DeviceCharacteristics are those of a common file system: bytes beside those that are
// written stay, whatever happens to the power.
func (*file) DeviceCharacteristics() vfs.DeviceCharacteristic { return vfs.IOCAP_POWERSAFE_OVERWRITE }
