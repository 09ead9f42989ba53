package render

import (
	"bytes"
	"fmt"
	"io"
	"mime/quotedprintable"
	"slices"
	"strconv"
	"strings"

	gomessage "github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"
)

// A composition is a summary on its way to become a mail.
type composition struct {
	summary     *Summary
	subject     string
	replyTo     string
	text, html  []byte
	attachments []attachment
}

// An attachment is a sample that goes along.
type attachment struct {
	name      string
	mediaType string
	encoding  string
	body      []byte
}

// compose writes multipart/alternative with both versions in UTF-8, encoded as
// quoted-printable so that no line is long and no byte needs 8BITMIME; inside of
// multipart/mixed when there are attachments.
func (c *composition) compose() ([]byte, error) {
	h := c.header()
	var raw bytes.Buffer
	if len(c.attachments) == 0 {
		h.SetContentType("multipart/alternative", nil)
		w, err := gomessage.CreateWriter(&raw, h.Header)
		if err != nil {
			return nil, fmt.Errorf("compose mail: %w", err)
		}
		return finish(&raw, w, c.alternatives(w))
	}
	h.SetContentType("multipart/mixed", nil)
	w, err := gomessage.CreateWriter(&raw, h.Header)
	if err != nil {
		return nil, fmt.Errorf("compose mail: %w", err)
	}
	return finish(&raw, w, c.mixed(w))
}

func finish(raw *bytes.Buffer, w *gomessage.Writer, err error) ([]byte, error) {
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("compose mail: %w", err)
	}
	return raw.Bytes(), nil
}

func (c *composition) mixed(w *gomessage.Writer) error {
	var h gomessage.Header
	h.SetContentType("multipart/alternative", nil)
	body, err := w.CreatePart(h)
	if err != nil {
		return err
	}
	if err := c.alternatives(body); err != nil {
		return err
	}
	if err := body.Close(); err != nil {
		return err
	}
	for _, a := range c.attachments {
		var h gomessage.Header
		h.SetContentDisposition("attachment", map[string]string{"filename": a.name})
		h.Set("Content-Transfer-Encoding", a.encoding)
		h.SetContentType(a.mediaType, nil)
		if err := writePart(w, h, a.body); err != nil {
			return err
		}
	}
	return nil
}

func (c *composition) alternatives(w *gomessage.Writer) error {
	for _, version := range []struct {
		mediaType string
		body      []byte
	}{{"text/plain", c.text}, {"text/html", c.html}} {
		var h gomessage.Header
		h.SetContentType(version.mediaType, map[string]string{"charset": "utf-8"})
		h.Set("Content-Transfer-Encoding", "quoted-printable")
		if err := writePart(w, h, canonical(version.body)); err != nil {
			return err
		}
	}
	return nil
}

// canonical returns text as it is encoded, with lines that end in CRLF (RFC 2045 section
// 6.7).
func canonical(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")) }

// encodedSize returns how many bytes of the mail a version of the summary takes.
func encodedSize(text []byte) int {
	var encoded bytes.Buffer
	w := quotedprintable.NewWriter(&encoded)
	w.Write(canonical(text)) // a Buffer takes all
	w.Close()
	return encoded.Len()
}

func writePart(w *gomessage.Writer, h gomessage.Header, body []byte) error {
	p, err := w.CreatePart(h)
	if err != nil {
		return err
	}
	if _, err := io.Copy(p, bytes.NewReader(body)); err != nil {
		return err
	}
	return p.Close()
}

// header lists the fields from the last to the first: Set puts a new field on
// top.
func (c *composition) header() *mail.Header {
	s := c.summary
	var h mail.Header
	h.Set("MIME-Version", "1.0")
	if s.Mark != "" {
		h.Set("X-Failmail-Origin", s.Mark)
	}
	h.Set("X-Failmail-Ok", strconv.Itoa(s.WellCount()))
	h.Set("X-Failmail-Over", strconv.Itoa(s.OverCount()))
	h.Set("X-Failmail-New", strconv.Itoa(s.NewCount()))
	h.Set("X-Failmail-Open", strconv.Itoa(s.OpenCount()))
	h.Set("X-Failmail-Groups", strconv.Itoa(len(s.Groups)))
	h.Set("X-Failmail-Count", strconv.Itoa(s.Count))
	// Vacation programs must not answer a summary (RFC 3834 section 5).
	h.Set("X-Auto-Response-Suppress", "All")
	h.Set("Precedence", "bulk")
	h.Set("Auto-Submitted", "auto-generated")
	h.Set("List-Id", fmt.Sprintf("Failmail summaries <failmail.%s>", s.Hostname))
	h.SetMsgIDList("References", []string{s.Thread})
	h.SetMsgIDList("In-Reply-To", []string{s.Thread})
	h.SetMessageID(s.MessageID)
	h.SetSubject(c.subject)
	if c.replyTo != "" {
		h.SetAddressList("Reply-To", []*mail.Address{{Address: c.replyTo}})
	}
	if to := headerAddresses(s); to != nil {
		h.SetAddressList("To", to)
	} else {
		h.Set("To", undisclosed)
	}
	h.SetAddressList("From", []*mail.Address{{Name: "Failmail", Address: qualify(s.From, s.Hostname)}})
	h.SetDate(s.Created)
	return &h
}

// Bounds of the To field. Nobody reads more; 100,000 recipients made a field of 2 MB,
// and the library took 70 s to fold it.
const (
	maxToAddresses = 50
	maxToBytes     = 2 << 10
)

// undisclosed is the group without members that stands for recipients whom the
// header does not name (RFC 5322 appendix A.1.3).
const undisclosed = "undisclosed-recipients:;"

// headerAddresses lists the recipients as header addresses, which unlike those
// of an envelope always have a domain; nil if they are too many to be named.
func headerAddresses(s *Summary) (list []*mail.Address) {
	if len(s.To) > maxToAddresses {
		return nil
	}
	length := 0
	for _, to := range s.To {
		address := qualify(to, s.Hostname)
		if length += len(address); length > maxToBytes {
			return nil
		}
		if parsed, err := mail.ParseAddress(address); err == nil {
			address = parsed.Address // a quoted local part is quoted again when written
		}
		list = append(list, &mail.Address{Address: address})
	}
	return list
}

func qualify(address, hostname string) string {
	if strings.Contains(address, "@") {
		return address
	}
	return address + "@" + hostname
}

// samplesOf returns the samples that are shown as attachments, as many as fit
// into room bytes.
func samplesOf(v *View, room int) (attachments []attachment) {
	for _, g := range v.Detailed {
		for _, shown := range g.Shown {
			if len(shown.Sample.Raw) == 0 {
				continue
			}
			a := attachmentOf(shown.Sample, len(attachments)+1)
			cost := len(a.body) + 400 // the part's own header
			if a.encoding == "base64" {
				cost += len(a.body) * 3 / 8
			}
			if cost > room {
				continue
			}
			room -= cost
			attachments = append(attachments, a)
		}
	}
	return attachments
}

// attachmentOf returns the original as message/rfc822, which must not be encoded
// (RFC 2046 section 5.2.1). One that would not survive so goes as a file. One
// with a secret goes as the text that is shown, without the secret.
func attachmentOf(s Sample, number int) attachment {
	name := fmt.Sprintf("sample-%d", number)
	switch {
	case s.Redacted:
		return attachment{name + ".txt", "text/plain; charset=utf-8", "base64", []byte(s.Text)}
	case is7bit(s.Raw):
		return attachment{name + ".eml", "message/rfc822", "7bit", s.Raw}
	}
	return attachment{name + ".eml", "application/octet-stream", "base64", s.Raw}
}

// is7bit reports whether raw needs no encoding (RFC 2045 section 2.7).
func is7bit(raw []byte) bool {
	for line := range bytes.Lines(raw) {
		if len(line) > 998 || !bytes.HasSuffix(line, []byte("\r\n")) {
			return false
		}
	}
	return !slices.ContainsFunc(raw, func(c byte) bool { return c >= 0x80 || c == 0 })
}
