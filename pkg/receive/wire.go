package receive

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/emersion/go-smtp"
)

// maxCommandBytes bounds a line outside of a mail, so that a client cannot fill
// the memory with one endless command. RFC 4954 asks for at least 12,288 bytes
// in AUTH.
const maxCommandBytes = 64 << 10

// bareDomain stands behind a local part without a domain on its way through the
// protocol engine, which refuses such addresses. RFC 2606 keeps "invalid" free.
const bareDomain = "@no-domain.invalid"

// A wire reads what a client sends and passes it on in units that the protocol
// engine cannot misread: one command, or the data of one mail up to and
// including its end. Thereby it knows at any time whether it sees commands or
// content, and can mend both:
//
//   - RCPT TO:<root> and MAIL FROM:<root>, the habit of cron and monitoring, get
//     bareDomain, which the session takes off again;
//   - CR CR LF becomes CR LF, and a dot before it does not stand alone, since
//     the engine does not see the end of a mail behind them;
//   - a command is bounded by maxCommandBytes, a line of a mail is not.
//
// STARTTLS and BDAT are not passed on but returned as errors, for the
// connection to carry out.
type wire struct {
	in      *bufio.Reader
	pending []byte // a command, or made-up content, on its way to the engine
	inData  bool   // the next bytes are a mail's data
	sawDATA bool   // the last command was DATA
	sawEHLO bool   // the last command was EHLO or LHLO
	chunk   chunkCommand
	end     dataEnd
	// idleCommands counts the commands since the last mail.
	idleCommands int
	broken       bool // the connection has ended or failed
}

// What Read returns instead of a command.
var (
	errStartTLS = errors.New("STARTTLS")
	errBDAT     = errors.New("BDAT")
)

// A chunkCommand is a well-formed BDAT command (RFC 3030).
type chunkCommand struct {
	size int64
	last bool
}

func newWire(r io.Reader) *wire { return &wire{in: bufio.NewReader(r)} }

// startData is called when the engine has accepted DATA: content follows.
func (w *wire) startData() {
	if w.sawDATA && len(w.pending) == 0 {
		w.inData, w.end = true, dataEnd{}
	}
	w.sawDATA, w.idleCommands = false, 0
}

// inject passes text on as if the client had sent it.
func (w *wire) inject(text string) { w.pending = []byte(text) }

// discardCommand takes back the command that Read has just returned.
func (w *wire) discardCommand() { w.pending, w.sawDATA = nil, false }

func (w *wire) Read(b []byte) (n int, err error) {
	switch {
	case len(b) == 0:
		return 0, nil
	case len(w.pending) > 0:
	case w.inData:
		n, err = w.readData(b)
		w.broken = w.broken || err != nil
		return n, err
	default:
		w.pending, err = w.readCommand()
		w.broken = w.broken || err != nil && err != errStartTLS && err != errBDAT
		if err != nil {
			return 0, err
		}
	}
	n = copy(b, w.pending)
	w.pending = w.pending[n:]
	return n, nil
}

// failed reports whether the client is gone. Content that was read before it
// went may be half a mail: up to its end, nothing behind it is read.
func (w *wire) failed() bool { return w.broken }

func (w *wire) readCommand() ([]byte, error) {
	var line []byte
	for {
		part, err := w.in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxCommandBytes {
			return nil, smtp.ErrTooLongLine
		}
		switch err {
		case nil:
			return w.mendCommand(line)
		case bufio.ErrBufferFull:
		default:
			return nil, err // half a command is none
		}
	}
}

// mendCommand looks at a command as the engine will.
func (w *wire) mendCommand(line []byte) ([]byte, error) {
	w.sawDATA, w.sawEHLO = false, false
	w.idleCommands++
	text := strings.TrimRight(string(line), " \t\r\n")
	if len(text) < 4 {
		return line, nil
	}
	if len(text)+2 < len(line) {
		line = append([]byte(text), "\r\n"...) // RFC 5321 section 4.1.1: blanks at the end are tolerated
	}
	verb, argument := strings.ToUpper(text[:4]), strings.TrimSpace(text[4:])
	switch {
	case strings.EqualFold(text, "STARTTLS"):
		return nil, errStartTLS
	case verb == "DATA" && argument == "":
		w.sawDATA = true
	case len(text) > 4 && text[4] != ' ':
	case verb == "EHLO" || verb == "LHLO":
		w.sawEHLO = true
	case verb == "BDAT":
		if command, ok := parseChunk(argument); ok {
			w.chunk = command
			return nil, errBDAT
		}
	case verb == "MAIL":
		return qualifyPath(line, "FROM:"), nil
	case verb == "RCPT":
		return qualifyPath(line, "TO:"), nil
	}
	return line, nil
}

// parseChunk reads the arguments of BDAT; what it does not take the engine
// refuses as a syntax error.
func parseChunk(argument string) (chunkCommand, bool) {
	fields := strings.Fields(argument)
	if len(fields) == 0 || len(fields) > 2 || len(fields) == 2 && !strings.EqualFold(fields[1], "LAST") {
		return chunkCommand{}, false
	}
	size, err := strconv.ParseUint(fields[0], 10, 32)
	if err != nil {
		return chunkCommand{}, false
	}
	return chunkCommand{int64(size), len(fields) == 2}, true
}

// qualifyPath puts bareDomain behind the address of a MAIL or RCPT command that
// has none.
func qualifyPath(line []byte, keyword string) []byte {
	at := len("MAIL ")
	at += len(line[at:]) - len(bytes.TrimLeft(line[at:], " "))
	if len(line) < at+len(keyword) || !strings.EqualFold(string(line[at:at+len(keyword)]), keyword) {
		return line
	}
	at += len(keyword)
	at += len(line[at:]) - len(bytes.TrimLeft(line[at:], " \t"))
	end := bytes.IndexAny(line[at:], " \t\r\n")
	if end < 0 {
		end = len(line) - at
	}
	path := line[at : at+end]
	bracketed := bytes.HasPrefix(path, []byte("<"))
	if !bracketed && len(bytes.TrimSpace(line[at+end:])) > 0 {
		return line // several words are no address
	}
	if bracketed {
		at, path = at+1, path[1:]
		if end = bytes.IndexByte(path, '>'); end < 0 {
			return line
		}
		path = path[:end]
	}
	if len(path) == 0 || bytes.ContainsAny(path, `@:"<>`) {
		return line
	}
	return bytes.Join([][]byte{line[:at+len(path)], []byte(bareDomain), line[at+len(path):]}, nil)
}

// readData passes on content, at most up to its end, so that a command that
// was sent right behind it is seen as one.
func (w *wire) readData(b []byte) (n int, err error) {
	if len(b) < 2 {
		var room [2]byte // what a byte of content may become
		n, err = w.readData(room[:])
		w.pending = append([]byte(nil), room[:n]...)
		n = copy(b, w.pending)
		w.pending = w.pending[n:]
		return n, err
	}
	for n == 0 {
		if _, err := w.in.Peek(1); err != nil {
			return 0, err
		}
		available, err := w.in.Peek(min(w.in.Buffered(), len(b)-1))
		if err != nil {
			return 0, err
		}
		used, ended := 0, false
		n, used, ended = w.end.copy(b, available)
		w.in.Discard(used) // it is buffered
		if ended {
			w.inData = false
			return n, nil
		}
	}
	return n, nil
}

// dataEnd finds the end of a mail's data, CR LF . CR LF, and nothing else (RFC
// 5321 section 4.1.1.4). It goes through the same states as the engine, so that
// the two never disagree about where a mail ends.
type dataEnd struct{ state dataState }

type dataState int

const (
	lineStart dataState = iota
	dot                 // . at the start of a line
	dotCR               // . CR, of which the CR is held back
	cr                  // CR
	inLine
)

// copy copies from src to dst, which is longer than src, until the end of the
// data. It returns how many bytes were written and read.
func (d *dataEnd) copy(dst, src []byte) (written, used int, ended bool) {
	out := dst[:0:len(dst)]
	for used < len(src) {
		if d.state == inLine {
			// Nothing matters up to the next CR.
			run := bytes.IndexByte(src[used:], '\r')
			if run < 0 {
				run = len(src) - used
			}
			out = append(out, src[used:used+run]...)
			if used += run; used == len(src) {
				break
			}
		}
		c := src[used]
		used++
		if out, ended = d.next(out, c); ended {
			break
		}
	}
	return len(out), used, ended
}

// next appends what c becomes.
func (d *dataEnd) next(out []byte, c byte) (_ []byte, ended bool) {
	switch {
	case d.state == dotCR && c == '\n':
		return append(out, '\r', '\n'), true
	case d.state == dotCR && c == '\r':
		// . CR CR LF is no end, but one may follow, which the engine does not
		// see behind a lone CR: a blank takes its place.
		d.state = cr
		return append(out, ' ', '\r'), false
	case d.state == dotCR:
		d.state = inLine
		return append(out, '\r', c), false
	case d.state == dot && c == '\r':
		d.state = dotCR
		return out, false
	case d.state == cr && c == '\r':
		return out, false // CR CR LF is CR LF
	case d.state == lineStart && c == '.':
		d.state = dot
	case (d.state == lineStart || d.state == inLine) && c == '\r':
		d.state = cr
	case d.state == cr && c == '\n':
		d.state = lineStart
	default:
		d.state = inLine
	}
	return append(out, c), false
}
