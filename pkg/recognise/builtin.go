package recognise

import (
	"embed"
	"fmt"
	"slices"
	"sync"

	"github.com/pelletier/go-toml/v2"
)

//go:embed sources/*.toml
var files embed.FS

// Builtin returns the sources that are built in, by name.
func Builtin() []Source {
	entries, err := files.ReadDir("sources")
	if err != nil {
		panic(err) // it is part of the binary
	}
	var all []Source
	for _, entry := range entries {
		text, err := files.ReadFile("sources/" + entry.Name())
		if err != nil {
			panic(err)
		}
		var tables map[string]any
		if err := toml.Unmarshal(text, &tables); err != nil {
			panic(fmt.Sprintf("%s: %v", entry.Name(), err))
		}
		sources, err := Read(tables["source"])
		if err != nil {
			panic(fmt.Sprintf("%s: %v", entry.Name(), err))
		}
		all = append(all, sources...)
	}
	return all
}

// builtin are they, ready to be asked.
var builtin = sync.OnceValue(func() []*source {
	all := Builtin()
	list := make([]*source, 0, len(all))
	for i := range all {
		all[i].Examples = nil // which only tests read
		s, err := newSource(&all[i])
		if err != nil {
			panic(err)
		}
		list = append(list, s)
	}
	return slices.Clip(list)
})
