package explain

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"
)

func TestProgressIsToldOnlyOfALongRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		p := newProgress(&log, &log)
		for i := range 40_000 {
			p.at(i, "line")
			time.Sleep(time.Millisecond)
		}
		p.end()
		if want := "failmail: 5,000 lines so far\nfailmail: 15,000 lines so far\nfailmail: 25,000 lines so far\nfailmail: 35,000 lines so far\n"; log.String() != want {
			t.Errorf("got %q", log.String())
		}
		log.Reset()
		p = newProgress(&log, &log)
		p.terminal, p.every = true, time.Second
		for i := range 7_000 {
			p.at(i, "line")
			time.Sleep(time.Millisecond)
		}
		p.end()
		if want := "\r5,000 lines …\r6,000 lines …\r\x1b[K"; log.String() != want {
			t.Errorf("on a terminal: %q", log.String())
		}
	})
}
