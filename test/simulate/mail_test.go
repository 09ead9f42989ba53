package simulate

import (
	"fmt"
	"testing/synctest"
	"time"
)

// A mail is one that an application sends to both people.
type mail struct {
	subject, id string
	passes      bool
	at          time.Time
	fired       int // faults of the disk until then
}

func (w *world) newMail(subject string, passes bool) mail {
	return mail{subject, w.ledger.next(passes), passes, time.Now(), w.engine.fired()}
}

// send sends m; the connection breaks after so many bytes, if that is not 0.
func (m mail) send(over *network, breaks int) fate {
	field := ""
	if m.passes {
		field = "X-Failmail: pass\r\n"
	}
	text := fmt.Sprintf("Subject: %s\r\nMessage-ID: <%s>\r\n%s\r\nThis is what happened.\r\n", m.subject, m.id, field)
	return over.send(text, []string{ops, dba}, breaks)
}

// note notes what became of m. One that is refused because its disk failed may have been
// written.
func (w *world) note(m mail, f fate) {
	if f == refused && w.engine.fired() > m.fired {
		f = unanswered
	}
	synctest.Wait() // so that what follows is told first, whoever runs first
	w.ledger.sent(m, f)
}
