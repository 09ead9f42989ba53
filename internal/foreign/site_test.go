package foreign_test

import (
	"fmt"
	"path"
	"runtime"
	"testing"

	"github.com/hut8labs/failmail/internal/foreign"
)

func TestSiteIsTheLineThatPanicked(t *testing.T) {
	var none []int
	want := ""
	here := func() {
		_, file, line, _ := runtime.Caller(1)
		want = fmt.Sprintf("%s:%d", path.Base(file), line)
	}
	for name, code := range map[string]func(){
		"panic":           func() { here(); panic("x") },
		"a runtime error": func() { here(); none[3]++ },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				recover()
				if site := path.Base(foreign.Site()); site != want {
					t.Errorf("Site is %q, want %q", site, want)
				}
			}()
			code()
		})
	}
	if site := foreign.Site(); site != "" {
		t.Errorf("without a panic Site is %q", site)
	}
}
