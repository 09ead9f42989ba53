package sendmail

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-message/textproto"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/internal/envelope"
	"github.com/hut8labs/failmail/pkg/message"
)

// compose makes a mail of what was read: with -t it finds the recipients, and it
// adds the fields that a mail needs and programs leave to sendmail (RFC 6409
// section 8).
func (in *Request) compose(raw []byte, now time.Time) ([]byte, error) {
	raw = message.NormalizeLines(raw)
	fields, body, err := content.SplitHeader(raw)
	if err != nil && fields.Len() > 0 {
		// Half a header would be lost behind what is added: send it as it is.
		fields, body = mail.Header{}.Header, raw
	}
	header := mail.Header{Header: fields}
	if in.FromHeader {
		for _, name := range []string{"To", "Cc", "Bcc"} {
			in.To = append(in.To, envelope.Addresses(&header, name)...)
		}
		header.Del("Bcc")
		if len(in.To) == 0 {
			return nil, errors.New("-t found no recipients in To, Cc and Bcc; add one of them or name recipients")
		}
	}
	if in.From == "" {
		in.From = defaultSender()
	}
	if !header.Has("Message-Id") {
		if err := header.GenerateMessageID(); err != nil {
			return nil, fmt.Errorf("make a Message-ID: %w", err)
		}
	}
	if !header.Has("To") && !header.Has("Cc") {
		header.Set("To", "undisclosed-recipients:;")
	}
	if !header.Has("From") {
		header.SetAddressList("From", []*mail.Address{{Name: in.Name, Address: in.From}})
	}
	if !header.Has("Date") {
		header.SetDate(now)
	}
	var out bytes.Buffer
	if err := textproto.WriteHeader(&out, header.Header.Header); err != nil {
		return nil, fmt.Errorf("write the header: %w", err)
	}
	out.Write(body)
	if !bytes.HasSuffix(out.Bytes(), []byte("\r\n")) {
		out.WriteString("\r\n")
	}
	return out.Bytes(), nil
}
