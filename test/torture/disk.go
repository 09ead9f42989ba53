//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// diskSize has room for what a round writes.
const diskSize = "64m"

// A disk is a small file system that can be filled.
type disk struct{ folder string }

func mountDisk(folder string) (*disk, error) {
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size="+diskSize); err != nil {
		return nil, fmt.Errorf("mount a disk to fill: %w; leave these faults out with -faults='kill -9$|SIG|relay|PostgreSQL'", err)
	}
	return &disk{folder}, nil
}

func (d *disk) ballast() string { return filepath.Join(d.folder, "ballast") }

// fill leaves no byte free, and goes on until it has all of what is freed.
func (d *disk) fill() error {
	f, err := os.Create(d.ballast())
	if err != nil {
		return err
	}
	defer f.Close()
	for block := make([]byte, 64<<10); ; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (d *disk) drain() error { return os.Remove(d.ballast()) }

// remove is for what is no longer in use; what is on the disk goes to the folder
// keep if that is wanted. There may be no disk.
func (d *disk) remove(keep string, wanted bool) error {
	if d == nil {
		return nil
	}
	var err error
	if wanted {
		d.drain() // it may be drained
		err = os.CopyFS(keep, os.DirFS(d.folder))
	}
	return errors.Join(err, syscall.Unmount(d.folder, 0))
}
