package supervise

import (
	"bytes"
	"log/slog"
	"net"
	"strings"
	"testing"
)

func TestAnAddressInUseKeepsTheProxyFromStartingOnlyIfAPersonChoseIt(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, chosen := range map[string]bool{"the default": false, "one that was chosen": true} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			w := &website{HTTP: HTTP{Address: taken.Addr().String(), Chosen: chosen}, log: slog.New(slog.NewTextHandler(&log, nil))}
			err := w.listenIfFree(t.Context())
			if chosen != (err != nil) || chosen == strings.Contains(log.String(), "metrics are off:") {
				t.Errorf("error %v, log %s", err, log.String())
			}
			if w.close(); w.listener != nil {
				t.Error("it listens")
			}
		})
	}
}
