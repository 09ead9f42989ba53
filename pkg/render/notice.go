package render

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	gomessage "github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"

	"github.com/hut8labs/failmail/pkg/message"
)

// Notice writes a short mail of plain text that stands for no mails.
func Notice(origin Origin, to, subject, text string, now time.Time) (*message.Mail, error) {
	id := fmt.Sprintf("%d.%s@%s", now.UnixMilli(), strings.ToLower(rand.Text()[:16]), origin.Hostname)
	var h mail.Header
	h.SetContentType("text/plain", map[string]string{"charset": "utf-8"})
	h.Set("Content-Transfer-Encoding", "quoted-printable")
	h.Set("MIME-Version", "1.0")
	if origin.Mark != "" {
		h.Set("X-Failmail-Origin", origin.Mark)
	}
	h.Set("X-Auto-Response-Suppress", "All")
	h.Set("Auto-Submitted", "auto-generated")
	h.SetMessageID(id)
	h.SetSubject(subject)
	h.SetAddressList("To", []*mail.Address{{Address: to}})
	h.SetAddressList("From", []*mail.Address{{Name: "Failmail", Address: qualify(origin.From, origin.Hostname)}})
	h.SetDate(now)
	var raw bytes.Buffer
	w, err := gomessage.CreateWriter(&raw, h.Header)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n"))); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return &message.Mail{From: origin.From, To: []string{to}, MessageID: id, Raw: raw.Bytes()}, nil
}
