package buildinfo

import (
	"runtime/debug"
	"testing"
)

func TestVersionIsThatOfTheLinkerOrOfTheModule(t *testing.T) {
	main := func(version string) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Path: module, Version: version}}
	}
	for name, test := range map[string]struct {
		info *debug.BuildInfo
		want string
	}{
		"go install @v1.2.3": {main("v1.2.3"), "v1.2.3"},
		"go build":           {main("v1.2.4-0.20261130023532-fbe4f59c3b1a+dirty"), "v1.2.4-0.20261130023532-fbe4f59c3b1a+dirty"},
		"go test":            {main("(devel)"), ""},
		"embedded": {&debug.BuildInfo{
			Main: debug.Module{Path: "example.com/shop", Version: "v9.9.9"},
			Deps: []*debug.Module{{Path: "example.com/other", Version: "v8.8.8"}, {Path: module, Version: "v1.2.3"}},
		}, "v1.2.3"},
		"built without modules": {nil, ""},
	} {
		if got := recorded(test.info); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	for stamped, want := range map[string]string{"1.2.3": "1.2.3", "v1.2.3-4-gfbe4f59": "1.2.3-4-gfbe4f59", "": "development"} {
		if got := Version(stamped); got != want {
			t.Errorf("stamped %q: %q, want %q", stamped, got, want)
		}
	}
}
