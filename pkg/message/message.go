// Package message is what a mail is to everybody: its envelope, its header, and the
// text a person would read. It knows nothing of how mails come in.
//
//	m := message.New("app@example.com", []string{"ops@example.com"}, raw)
//	fmt.Println(m.Subject(), m.Header.Get("X-Service"), m.Body())
//
// [New] reads what somebody sent: any MIME structure and charset, with mistakes, at a cost
// in proportion to its length. It never fails; what cannot be read is shown as it is. A
// [Message] is a mail that came in, a [Mail] one on its way out.
//
// A Message is safe for concurrent reading once New or [Complete] has returned. Who is
// given one must not change it.
package message

import (
	"crypto/rand"
	"net"
	"strings"
	"time"

	gomessage "github.com/emersion/go-message"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/internal/lineends"
	"github.com/hut8labs/failmail/pkg/meaning"
)

// A Message is one received mail: its envelope (RFC 5321), its parsed header
// and its bytes. It belongs to one goroutine at a time, because what is
// decoded from it is kept.
type Message struct {
	// ID names the message in the logs, from its arrival to the summary that
	// counts it. It is not the Message-ID, which programs often leave out.
	ID string
	// From is the reverse-path; empty for the null reverse-path (<>).
	From string
	// To lists the recipients of the envelope, which may differ from the To
	// field of the header.
	To []string
	// Header gives the decoded header fields.
	Header Header
	// Raw holds the mail as received, with CRLF line ends.
	Raw []byte
	// RemoteAddr is the client's IP address without a port; empty for a mail
	// that came through a Unix socket or was submitted in-process.
	RemoteAddr string
	// Helo is the name the client gave in EHLO, HELO or LHLO.
	Helo string
	// Received is when the mail was accepted.
	Received time.Time
	// Problem says why the mail could not be parsed; empty when it could.
	Problem string
	// Meaning is what the mail says, once it was recognised: before a Grouper is asked.
	Meaning meaning.Meaning
	// Further is what else it says, if it is a digest.
	Further []meaning.Meaning

	rest    []byte // raw after the header section
	decoded *content.Content
}

// New parses raw, a mail as in RFC 5322 with CRLF or LF line ends, sent
// from from to to. It never fails: what cannot be parsed is kept as it is and
// described in Problem. The message is stamped with an ID and the time now.
func New(from string, to []string, raw []byte) *Message {
	m := &Message{From: from, To: to, Raw: lineends.Normalize(raw)}
	m.Parse()
	return m
}

// Complete returns m with every field that follows from Raw filled in, so that
// a Message built by hand can be handed over. It leaves m itself alone.
func Complete(m *Message) *Message {
	c := *m
	c.Raw = lineends.Normalize(m.Raw)
	c.Parse()
	return &c
}

// Parse fills in the fields that follow from Raw, the line ends of which are CRLF, and
// an empty ID or Received.
func (m *Message) Parse() {
	header, rest, err := content.SplitHeader(m.Raw)
	m.Header, m.rest, m.decoded, m.Problem = Header{fields: header}, rest, nil, ""
	if err != nil {
		m.Problem = err.Error()
	}
	if m.ID == "" {
		m.ID = rand.Text()[:12]
	}
	if m.Received.IsZero() {
		m.Received = time.Now()
	}
}

// Body returns the text a person would read: decoded, as UTF-8 with LF line
// ends, HTML converted to text when there is nothing else.
func (m *Message) Body() string {
	if m.decoded == nil {
		m.decoded = content.Read(m.Header.fields, m.rest)
	}
	return m.decoded.Text
}

// Written returns the text as it was written, of which [Message.Body] reads a JSON object as lines.
func (m *Message) Written() string {
	m.Body()
	return m.decoded.Written
}

// HTML returns the decoded text/html part; empty if there is none. It is what
// the sender wrote and not safe to show without a sandbox.
func (m *Message) HTML() string {
	m.Body()
	return m.decoded.HTML
}

// Subject returns the decoded subject on one line.
func (m *Message) Subject() string { return m.Header.Get("Subject") }

// Host returns the name of the machine that sent the mail: the name it gave in
// its greeting when that is a real one, else its address. Applications that
// greet as "localhost" or with an address literal are told apart by address.
func (m *Message) Host() string {
	name := content.Line(m.Helo)
	if name == "" || strings.EqualFold(name, "localhost") || strings.EqualFold(name, "localhost.localdomain") || name[0] == '[' || net.ParseIP(name) != nil {
		if m.RemoteAddr != "" {
			return m.RemoteAddr
		}
		return "localhost"
	}
	return name
}

// Header gives access to the fields of a message header (RFC 5322 section 2.2).
// The zero value is an empty header. It is safe for concurrent reading.
type Header struct {
	fields gomessage.Header
}

// Get returns the value of the first field called name, without regard to
// case, with encoded words (RFC 2047) decoded, on one line. It is empty if
// there is no such field.
func (h Header) Get(name string) string { return content.Field(&h.fields, name) }

// Has reports whether a field called name exists, even an empty one.
func (h Header) Has(name string) bool { return h.fields.Has(name) }

// Values returns the decoded values of all fields called name, top to bottom.
func (h Header) Values(name string) []string {
	var values []string
	for fields := h.fields.FieldsByKey(name); fields.Next(); {
		values = append(values, content.Decode(fields.Value()))
	}
	return values
}

// Count returns how many fields called name there are.
func (h Header) Count(name string) int { return h.fields.FieldsByKey(name).Len() }

// NormalizeLines returns raw with every line end as CRLF (RFC 5321 section
// 2.3.8): a bare CR or LF inside a mail is how a second mail is smuggled past
// one server into the next. The result shares memory with raw when nothing had
// to change.
func NormalizeLines(raw []byte) []byte { return lineends.Normalize(raw) }
