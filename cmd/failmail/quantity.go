package main

import (
	"flag"
	"strconv"
	"time"

	"github.com/hut8labs/failmail/internal/duration"
	"github.com/hut8labs/failmail/internal/size"
)

// The flag package takes neither days nor units of sizes. String gives what the library
// of commands reads, the notations of Go.

type durationValue time.Duration

type sizeValue int64

var (
	_ flag.Getter = (*durationValue)(nil)
	_ flag.Getter = (*sizeValue)(nil)
)

func (v *durationValue) Set(text string) error {
	d, err := duration.Parse(text)
	if err == nil {
		*v = durationValue(d)
	}
	return err
}

func (v *durationValue) String() string { return time.Duration(*v).String() }
func (v *durationValue) Get() any       { return time.Duration(*v) }

func (v *sizeValue) Set(text string) error {
	n, err := size.Parse(text)
	if err == nil {
		*v = sizeValue(n)
	}
	return err
}

func (v *sizeValue) String() string { return strconv.FormatInt(int64(*v), 10) }
func (v *sizeValue) Get() any       { return int64(*v) }
