package mailbox

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"regexp"
	"slices"
	"strings"
)

// mbox yields the mails of an mbox file. There are four dialects, which differ in
// what becomes of a line of a mail that begins with "From ": mboxrd and mboxo
// quote it with a ">", mboxcl2 does not, and counts on a Content-Length that other
// programs falsify. So a mail ends at a line that looks like what a mail server
// writes, not at every "From ".
func (r *Reader) mbox(ctx context.Context, path string, in *bufio.Reader, yield func(Mail, error) bool) bool {
	lines := newLineReader(in, max(r.maxSize(), maxSeparator))
	m := mboxMail{max: r.maxSize()}
	var line []byte
	for number := 1; ; number++ {
		var err error
		line, err = lines.next(line[:0])
		if err != nil && err != io.EOF {
			return yield(Mail{}, readError(ctx, path, err))
		}
		if number == 1 || bytes.HasPrefix(line, separator) && isSeparator(line, m.afterBlank, lines.in) {
			if number > 1 && !r.finish(path, &m, yield) {
				return false
			}
			m.begin(number, line)
		} else if len(line) > 0 || lines.ended {
			m.add(line, lines.cut)
		}
		if err == io.EOF {
			return r.finish(path, &m, yield)
		}
	}
}

func (r *Reader) finish(path string, m *mboxMail, yield func(Mail, error) bool) bool {
	source := at(path, m.number)
	if m.tooLarge {
		return yield(Mail{}, r.tooLarge(source, "mail"))
	}
	return yield(Mail{Source: source, From: m.from, Raw: m.text()}, nil)
}

// An mboxMail is the mail that is being read.
type mboxMail struct {
	max        int
	number     int // the line of its separator
	from       string
	raw        []byte
	body       int  // where in raw it begins, behind the first empty line; 0 in the header
	afterBlank bool // the line before is empty
	tooLarge   bool
}

func (m *mboxMail) begin(number int, separatorLine []byte) {
	*m = mboxMail{max: m.max, number: number, raw: m.raw[:0]}
	if fields := strings.Fields(string(separatorLine[len(separator):min(len(separatorLine), maxSeparator)])); len(fields) > 0 && strings.Contains(fields[0], "@") {
		m.from = fields[0]
	}
}

// add adds a line, with LF as its end.
func (m *mboxMail) add(line []byte, cut bool) {
	m.afterBlank = len(line) == 0
	if m.body > 0 {
		line = unquote(line)
	}
	if m.tooLarge = m.tooLarge || cut || len(m.raw)+len(line) > m.max; m.tooLarge {
		return
	}
	m.raw = append(append(m.raw, line...), '\n')
	if m.afterBlank && m.body == 0 {
		m.body = len(m.raw)
	}
}

// text returns the mail without the empty line that an mbox puts behind it.
func (m *mboxMail) text() []byte {
	if m.afterBlank && len(m.raw) > m.body {
		return m.raw[:len(m.raw)-1]
	}
	return m.raw
}

var separator = []byte("From ")

// isSeparatorAtStart reports whether a file that begins so is an mbox. "From : x"
// is the header field, as some programs write it.
func isSeparatorAtStart(start []byte) bool {
	rest, found := bytes.CutPrefix(start, separator)
	return found && !bytes.HasPrefix(bytes.TrimLeft(rest, " "), []byte(":"))
}

// isSeparator reports whether line, which begins with "From ", stands in front of
// a mail. It looks at the line before, at the date that servers write, and at the
// line that follows.
func isSeparator(line []byte, afterBlank bool, in *bufio.Reader) bool {
	isDated := isDate(line)
	if afterBlank && isDated {
		return true
	}
	if !afterBlank && !isDated {
		return false
	}
	next, _ := in.Peek(maxFieldName)
	name, isField := fieldName(next)
	// Texts have lines such as "error: disk full" too.
	return isField && (isDated || slices.Contains(mailFields, name) || strings.HasPrefix(name, "x-"))
}

var (
	clock = regexp.MustCompile(`\b\d{1,2}:\d\d\b`)
	year  = regexp.MustCompile(`\b(19|20)\d\d\b`)
	names = regexp.MustCompile(`\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b`)
)

// isDate reports whether line has a date such as "Mon Mar  9 03:17:42 2026".
func isDate(line []byte) bool {
	line = line[:min(len(line), maxSeparator)]
	return clock.Match(line) && year.Match(line) && names.Match(line)
}

// maxSeparator bounds what is looked at of a separator.
const maxSeparator = 1000

// maxFieldName bounds the names of header fields that are looked at.
const maxFieldName = 80

// mailFields are names with which headers begin.
var mailFields = []string{"return-path", "received", "delivered-to", "envelope-to", "from", "to", "cc", "subject", "date", "sender",
	"reply-to", "message-id", "mime-version", "content-type", "status", "dkim-signature", "authentication-results", "auto-submitted"}

// fieldName returns the name of the header field that text begins with.
func fieldName(text []byte) (name string, found bool) {
	for i, c := range text {
		switch {
		case c == ':' && i > 0:
			return strings.ToLower(string(text[:i])), true
		case c <= ' ' || c > '~' || c == ':':
			return "", false
		}
	}
	return "", false
}

// unquote removes the ">" in front of a line of a mail that begins with "From ",
// or with ">" and "From ".
func unquote(line []byte) []byte {
	if len(line) == 0 || line[0] != '>' {
		return line
	}
	if bytes.HasPrefix(bytes.TrimLeft(line, ">"), separator) {
		return line[1:]
	}
	return line
}
