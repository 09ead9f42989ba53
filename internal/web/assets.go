package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"time"
)

//go:embed static
var staticFiles embed.FS

// assets serves the files of the page. Their addresses name their content, so a
// browser keeps them, and asks for new ones after an update.
type assets struct {
	version string
	files   map[string][]byte
}

func newAssets() *assets {
	a := &assets{files: make(map[string][]byte)}
	hash := sha256.New()
	// What is embedded can be read.
	entries, _ := fs.ReadDir(staticFiles, "static")
	for _, entry := range entries {
		content, _ := staticFiles.ReadFile("static/" + entry.Name())
		a.files[entry.Name()] = content
		hash.Write(content)
	}
	a.version = hex.EncodeToString(hash.Sum(nil)[:8])
	return a
}

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	content, found := a.files[name]
	if !found || r.URL.Path != "/static/"+name {
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("ETag", `"`+a.version+`"`)
	if header.Set("Cache-Control", "no-cache"); r.URL.Query().Get("v") == a.version {
		header.Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	// By its ending, which the table of the machine must not change.
	types := map[string]string{".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
	header.Set("Content-Type", types[path.Ext(name)]+"; charset=utf-8")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}
