package envelope

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/hut8labs/failmail/internal/content"
)

// An Envelope is what stands in front of a mail in the archive and the fail-dir.
type Envelope struct {
	From   string // reverse-path
	To     []string
	Reason string // why the mail is kept; empty if nobody said so
}

// The fields of an envelope. All but the first two are seldom there.
const (
	senderField    = "Return-Path:" // RFC 5321 section 4.4
	recipientField = "X-Envelope-To:"
	// refusedField names an address that has a Problem. It is written as in Go,
	// so that it can be seen and cannot add a field.
	refusedField = "X-Envelope-Refused:"
	reasonField  = "X-Failmail-Reason:"
	// endField keeps a mail whose own header begins with such a field from
	// adding recipients.
	endField = "X-Envelope-End:"
)

// maxReason keeps a line below 998 bytes (RFC 5322 section 2.1.1).
const maxReason = 900

// Before returns e as Cut takes it off, to stand in front of raw. Line ends are CRLF.
func (e Envelope) Before(raw []byte) []byte {
	var b bytes.Buffer
	var refused []string
	if Problem(e.From) == "" {
		fmt.Fprintf(&b, "%s <%s>\r\n", senderField, e.From)
	} else {
		refused = append(refused, e.From)
	}
	for _, address := range e.To {
		if address == "" || Problem(address) != "" {
			refused = append(refused, address)
			continue
		}
		fmt.Fprintf(&b, "%s <%s>\r\n", recipientField, address)
	}
	for _, address := range refused {
		fmt.Fprintf(&b, "%s %s\r\n", refusedField, strconv.QuoteToASCII(address))
	}
	if e.Reason != "" {
		fmt.Fprintf(&b, "%s %s\r\n", reasonField, shorten(content.Line(e.Reason)))
	}
	for _, field := range []string{recipientField, refusedField, reasonField, endField} {
		if bytes.HasPrefix(raw, []byte(field)) {
			fmt.Fprintf(&b, "%s\r\n", endField)
		}
	}
	return b.Bytes()
}

func shorten(text string) string {
	if len(text) <= maxReason {
		return text
	}
	return strings.ToValidUTF8(text[:maxReason], "") + "…"
}

// Cut takes the envelope off that stands in front of a mail. A file that
// names no recipients is from somewhere else, and returned as it is. The error
// says which line names an address that cannot be sent to; then there is none
// that the mail may be sent to.
func Cut(file []byte) (e Envelope, raw []byte, err error) {
	raw = file
	if value, rest, ok := cutField(raw, senderField); ok {
		if e.From, err = bracketed(value); err != nil {
			return Envelope{}, file, err
		}
		raw = rest
	}
	for {
		if value, rest, ok := cutField(raw, recipientField); ok {
			address, err := bracketed(value)
			if err == nil && address == "" {
				err = fmt.Errorf("the line %q names nobody; put an address between the brackets", recipientField+" <>")
			}
			if err != nil {
				return Envelope{}, file, err
			}
			e.To, raw = append(e.To, address), rest
			continue
		}
		value, rest, ok := cutField(raw, refusedField)
		if !ok {
			break
		}
		raw, err = rest, fmt.Errorf("the address %.300s is one that no server takes; make the line \"%s <ADDRESS>\" of it, or remove it", value, recipientField)
	}
	if err != nil || len(e.To) == 0 {
		return Envelope{}, file, err
	}
	if value, rest, ok := cutField(raw, reasonField); ok {
		e.Reason, raw = content.Line(value), rest
	}
	if _, rest, ok := cutField(raw, endField); ok {
		raw = rest
	}
	return e, raw, nil
}

// cutField takes the first line off if it is the field with the name.
func cutField(raw []byte, name string) (value string, rest []byte, ok bool) {
	if !bytes.HasPrefix(raw, []byte(name)) {
		return "", raw, false
	}
	line, rest, _ := bytes.Cut(raw[len(name):], []byte("\n"))
	return strings.Trim(string(line), " \t\r"), rest, true
}

// bracketed reads an address between angle brackets.
func bracketed(value string) (string, error) {
	address, opened := strings.CutPrefix(value, "<")
	address, closed := strings.CutSuffix(address, ">")
	if !opened || !closed {
		return "", fmt.Errorf("the address %.300q has no angle brackets around it; write <ADDRESS>", value)
	}
	if problem := Problem(address); problem != "" {
		return "", fmt.Errorf("the address %.300q %s; correct the line", address, problem)
	}
	return address, nil
}
