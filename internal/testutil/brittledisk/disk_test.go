package brittledisk_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"

	"github.com/hut8labs/failmail/internal/testutil/brittledisk"
)

const name = "/file"

func open(t *testing.T, m *brittledisk.Mount) vfs.File {
	t.Helper()
	f, _, err := m.Open(name, vfs.OPEN_CREATE|vfs.OPEN_READWRITE)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func write(t *testing.T, f vfs.File, text string, at int64) {
	t.Helper()
	if _, err := f.WriteAt([]byte(text), at); err != nil {
		t.Fatal(err)
	}
}

func sync(t *testing.T, f vfs.File) {
	t.Helper()
	if err := f.Sync(vfs.SYNC_FULL); err != nil {
		t.Fatal(err)
	}
}

// content returns what somebody finds who mounts the disk.
func content(t *testing.T, d *brittledisk.Disk) string {
	t.Helper()
	d.Fault = nil
	m := d.Mount()
	defer m.Unmount()
	f := open(t, m)
	size, err := f.Size()
	if err != nil {
		t.Fatal(err)
	}
	text := make([]byte, size)
	if n, err := f.ReadAt(text, 0); n < len(text) {
		t.Fatal(err)
	}
	return string(text)
}

func TestWhatAnEndLeavesOfAFile(t *testing.T) {
	for name, c := range map[string]struct {
		live       func(t *testing.T, f vfs.File)
		killed     string
		withoutAny string // power
	}{
		"what was synced stays":       {func(t *testing.T, f vfs.File) { write(t, f, "ab", 0); sync(t, f) }, "ab", "ab"},
		"what was not synced is gone": {func(t *testing.T, f vfs.File) { write(t, f, "ab", 0); sync(t, f); write(t, f, "c", 1) }, "ac", "ab"},
		"a cut counts when it is synced": {func(t *testing.T, f vfs.File) {
			write(t, f, "abc", 0)
			sync(t, f)
			if err := f.Truncate(1); err != nil {
				t.Fatal(err)
			}
		}, "a", "abc"},
		"a gap is zeros": {func(t *testing.T, f vfs.File) { write(t, f, "a", 2); sync(t, f) }, "\x00\x00a", "\x00\x00a"},
	} {
		t.Run(name, func(t *testing.T) {
			for end, want := range map[string]string{"killed": c.killed, "power cut": c.withoutAny} {
				var d brittledisk.Disk
				m := d.Mount()
				defer m.Unmount()
				f := open(t, m)
				c.live(t, f)
				if end == "killed" {
					m.Kill()
				} else {
					d.CutPower(nil)
				}
				if _, err := f.WriteAt([]byte("dead"), 0); err == nil {
					t.Errorf("%s: it writes", end)
				}
				if got := content(t, &d); got != want {
					t.Errorf("%s: got %q, want %q", end, got, want)
				}
			}
		})
	}
}

func TestASyncThatFailsForgetsWhatWasWritten(t *testing.T) {
	fails := true
	d := brittledisk.Disk{Fault: func(op brittledisk.Op) error {
		if fails && op == brittledisk.Sync {
			return brittledisk.Failure(op)
		}
		return nil
	}}
	m := d.Mount()
	defer m.Unmount()
	f := open(t, m)
	write(t, f, "a", 0)
	if err := f.Sync(vfs.SYNC_FULL); !errors.Is(err, sqlite3.IOERR_FSYNC) {
		t.Fatalf("got %v", err)
	}
	fails = false
	write(t, f, "b", 1)
	sync(t, f)
	d.CutPower(nil)
	if got := content(t, &d); got != "\x00b" {
		t.Errorf("got %q", got)
	}
}

// TestAPowerCutTearsAWriteBetweenSectors has each of three sectors be there or not.
func TestAPowerCutTearsAWriteBetweenSectors(t *testing.T) {
	seen := make(map[string]bool)
	for seed := range uint64(200) {
		var d brittledisk.Disk
		m := d.Mount()
		f := open(t, m)
		write(t, f, string(make([]byte, 3*512)), 0)
		sync(t, f)
		fresh := make([]byte, 2*512)
		for i := range fresh {
			fresh[i] = 'n'
		}
		write(t, f, string(fresh), 256) // a half, a whole and a half
		d.CutPower(rand.New(rand.NewPCG(seed, 0)))
		m.Unmount()
		got := content(t, &d)
		left := ""
		for _, part := range []string{got[256:512], got[512:1024], got[1024:1280]} {
			for _, octet := range []byte(part) {
				if octet != part[0] {
					t.Fatal("a sector is torn")
				}
			}
			left += string(part[0])
		}
		seen[left] = true
	}
	if len(seen) != 8 {
		t.Errorf("got %d of 8 combinations", len(seen))
	}
}

func TestALockIsThatOfOneProcessUntilItDies(t *testing.T) {
	var d brittledisk.Disk
	one, two := d.Mount(), d.Mount()
	defer one.Unmount()
	defer two.Unmount()
	first, second := open(t, one), open(t, two)
	for _, lock := range []vfs.LockLevel{vfs.LOCK_SHARED, vfs.LOCK_RESERVED, vfs.LOCK_EXCLUSIVE} {
		if err := first.Lock(lock); err != nil {
			t.Fatal(err)
		}
	}
	if err := second.Lock(vfs.LOCK_SHARED); !errors.Is(err, sqlite3.BUSY) {
		t.Errorf("got %v while another one has it", err)
	}
	one.Kill()
	if err := second.Lock(vfs.LOCK_SHARED); err != nil {
		t.Errorf("got %v after the death of the other one", err)
	}
}
