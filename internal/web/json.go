package web

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// An Error is the body of every reply that is none of success.
type Error struct {
	Error string `json:"error"`
}

// maxRequest bounds the body of a request.
const maxRequest = 64 << 10

// readJSON reads the body of a request, of which sample is one that is right.
func readJSON(w http.ResponseWriter, r *http.Request, into any, sample string) error {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("the body is not JSON such as %s: %w", sample, err)
	}
	return nil
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body) // the client may be gone
}

func fail(w http.ResponseWriter, status int, err error) { reply(w, status, Error{err.Error()}) }
