// Package buildinfo says which version of Failmail a program has.
package buildinfo

import (
	"cmp"
	"runtime/debug"
	"strings"
)

// module is the path of Failmail's module.
const module = "github.com/hut8labs/failmail"

// Version returns stamped, which the linker has set, or without it the version that
// the go command has recorded: go install module@version sets no linker flags. It has
// no leading v, and is "development" where nothing is known.
func Version(stamped string) string {
	info, _ := debug.ReadBuildInfo()
	return strings.TrimPrefix(cmp.Or(stamped, recorded(info), "development"), "v")
}

// recorded returns the version of Failmail, which is the program itself or a
// dependency of the one that embeds it; "" for a checkout without one.
func recorded(info *debug.BuildInfo) string {
	if info == nil {
		return ""
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == module && m.Version != "(devel)" {
			return m.Version
		}
	}
	return ""
}
