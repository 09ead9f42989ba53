package envelope

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// The fields that stand in front of a mail in the archive and the fail-dir. The
// last two are seldom there.
const (
	senderField    = "Return-Path:" // RFC 5321 section 4.4
	recipientField = "X-Envelope-To:"
	// refusedField names an address that has a Problem. It is written as in Go,
	// so that it can be seen and cannot add a field.
	refusedField = "X-Envelope-Refused:"
	// endField keeps a mail whose own header begins with such a field from
	// adding recipients.
	endField = "X-Envelope-End:"
)

// Before returns the envelope that Cut takes off, to stand in front of raw. Line
// ends are CRLF.
func Before(from string, to []string, raw []byte) []byte {
	var b bytes.Buffer
	var refused []string
	if Problem(from) == "" {
		fmt.Fprintf(&b, "%s <%s>\r\n", senderField, from)
	} else {
		refused = append(refused, from)
	}
	for _, address := range to {
		if address == "" || Problem(address) != "" {
			refused = append(refused, address)
			continue
		}
		fmt.Fprintf(&b, "%s <%s>\r\n", recipientField, address)
	}
	for _, address := range refused {
		fmt.Fprintf(&b, "%s %s\r\n", refusedField, strconv.QuoteToASCII(address))
	}
	for _, field := range []string{recipientField, refusedField, endField} {
		if bytes.HasPrefix(raw, []byte(field)) {
			fmt.Fprintf(&b, "%s\r\n", endField)
		}
	}
	return b.Bytes()
}

// Cut takes the envelope off that Prepend has put in front of a mail. A file that
// names no recipients is from somewhere else, and returned as it is. The error
// says which line names an address that cannot be sent to; then there is none
// that the mail may be sent to.
func Cut(file []byte) (from string, to []string, raw []byte, err error) {
	raw = file
	if value, rest, ok := cutField(raw, senderField); ok {
		if from, err = bracketed(value); err != nil {
			return "", nil, file, err
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
				return "", nil, file, err
			}
			to, raw = append(to, address), rest
			continue
		}
		value, rest, ok := cutField(raw, refusedField)
		if !ok {
			break
		}
		raw, err = rest, fmt.Errorf("the address %.300s is one that no server takes; make the line \"%s <ADDRESS>\" of it, or remove it", value, recipientField)
	}
	if err != nil {
		return "", nil, file, err
	}
	if len(to) == 0 {
		return "", nil, file, nil
	}
	if _, rest, ok := cutField(raw, endField); ok {
		raw = rest
	}
	return from, to, raw, nil
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
