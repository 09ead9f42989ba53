// Package size reads sizes in bytes as people write them, such as 32MiB, and writes them
// so.
package size

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// units are what follows a number, by the IEC and SI. A letter alone is the power of
// 1,024, as in Exim, nginx and systemd; Mi is what Kubernetes writes.
var units = map[string]float64{
	"": 1, "b": 1,
	"k": 1 << 10, "ki": 1 << 10, "kib": 1 << 10, "kb": 1e3,
	"m": 1 << 20, "mi": 1 << 20, "mib": 1 << 20, "mb": 1e6,
	"g": 1 << 30, "gi": 1 << 30, "gib": 1 << 30, "gb": 1e9,
	"t": 1 << 40, "ti": 1 << 40, "tib": 1 << 40, "tb": 1e12,
}

var form = regexp.MustCompile(`^(\d{1,15}(?:\.\d{1,9})?) ?([A-Za-z]*)$`)

// Parse reads a size: a number of bytes, also in the notations of Go, or a number with
// a unit, in letters of either case: 1MB is 1,000,000 bytes, 1MiB and 1m are 1,048,576.
// Part of a byte does not count. The error names text.
func Parse(text string) (int64, error) {
	if n, err := strconv.ParseInt(text, 0, 64); err == nil {
		return n, nil
	}
	m := form.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%q is not a size", text)
	}
	number, err := strconv.ParseFloat(m[1], 64)
	unit, known := units[strings.ToLower(m[2])]
	// Not every number up to MaxInt64 is a float.
	if err != nil || !known || number*unit >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is not a size", text)
	}
	return int64(number * unit), nil
}

// Format writes n in the largest unit of which it is a multiple, such as 32MiB, in a
// form that Parse reads.
func Format(n int64) string {
	for _, unit := range []string{"TiB", "GiB", "MiB", "KiB"} {
		if of := int64(units[strings.ToLower(unit)]); n != 0 && n%of == 0 {
			return strconv.FormatInt(n/of, 10) + unit
		}
	}
	return strconv.FormatInt(n, 10)
}
