package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// backup answers with a copy of the store, which is made in a file first: its length
// tells the client whether it has all of it.
func (h *handler) backup(w http.ResponseWriter, r *http.Request) {
	folder, err := os.MkdirTemp("", "failmail-backup-")
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "failmail.db")
	if err := h.proxy.Backup(r.Context(), path); err != nil {
		fail(w, http.StatusConflict, err)
		return
	}
	f, err := os.Open(path)
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	// A large one takes longer than other answers may.
	if err := http.NewResponseController(w).SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Content-Type", "application/vnd.sqlite3")
	w.Header().Set("Content-Length", fmt.Sprint(info.Size()))
	io.Copy(w, f) // the client may be gone
}
