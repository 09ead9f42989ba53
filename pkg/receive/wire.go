package receive

import (
	"bufio"
	"bytes"
	"errors"
	"io"
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

// A wire reads what a client sends and passes it on to the protocol engine one
// command at a time. Content it keeps for the session: the engine reads it byte
// by byte, which costs as much as all else that it does. So the wire knows at any
// time whether it sees commands or content, and can mend both:
//
//   - RCPT TO:<root> and MAIL FROM:<root>, the habit of cron and monitoring, get
//     bareDomain, which the session takes off again;
//   - CR CR LF becomes CR LF;
//   - a command is bounded by maxCommandBytes, a line of a mail is not.
//
// STARTTLS and BDAT are not passed on but returned as errors, for the
// connection to carry out.
type wire struct {
	in      *bufio.Reader
	pending []byte // a command, or made-up content, on its way to the engine
	line    []byte // the last command
	sawDATA bool   // the last command was DATA
	sawEHLO bool   // the last command was EHLO or LHLO
	grouped bool   // the reply to the last command may go out with the next one
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
	errHTTP     = errors.New("HTTP")
)

// bufferSize holds the usual mail, so that it takes one read.
const bufferSize = 8 << 10

func newWire(r io.Reader) *wire { return &wire{in: bufio.NewReaderSize(r, bufferSize)} }

// startData is called when the engine has accepted DATA: content follows.
func (w *wire) startData() {
	w.end = dataEnd{}
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
	default:
		w.pending, err = w.readCommand()
		w.broken = w.broken || err != nil && err != errStartTLS && err != errBDAT && err != errHTTP
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

// commandWaits reports whether the reply to the last command can wait for that to
// the next one, because that is here already.
func (w *wire) commandWaits() bool {
	if !w.grouped || w.in.Buffered() == 0 {
		return false
	}
	next, err := w.in.Peek(w.in.Buffered())
	return err == nil && bytes.IndexByte(next, '\n') >= 0
}

func (w *wire) readCommand() ([]byte, error) {
	w.grouped = false
	if cap(w.line) > bufferSize {
		w.line = nil
	}
	w.line = w.line[:0]
	for {
		part, err := w.in.ReadSlice('\n')
		w.line = append(w.line, part...)
		if len(w.line) > maxCommandBytes {
			return nil, smtp.ErrTooLongLine
		}
		switch err {
		case nil:
			return w.mendCommand(w.line)
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
	// RFC 2920 section 3.1 has more of them, which come seldom.
	w.grouped = verb == "MAIL" || verb == "RCPT" || verb == "RSET"
	switch {
	case len(text) >= 8 && strings.EqualFold(text[:8], "STARTTLS"):
		if len(text) > 8 && text[8] != ' ' && text[8] != '\t' {
			return append([]byte("X"), line...), nil // the engine takes any word that begins so for STARTTLS
		}
		return nil, errStartTLS
	case isHTTP(text):
		return nil, errHTTP
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
		return mendParameters(qualifyPath(line, "FROM:")), nil
	case verb == "RCPT":
		return qualifyPath(line, "TO:"), nil
	}
	return line, nil
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

// readContent reads what follows DATA, without the dots that hide others (RFC
// 5321 section 4.5.2), up to the end of the mail, where it returns io.EOF. It
// takes no byte behind the end: a command that was sent right behind is seen as
// one. b has room for two bytes at least.
func (w *wire) readContent(b []byte) (n int, err error) {
	for n == 0 {
		if w.end.state == ended {
			return 0, io.EOF
		}
		if _, err := w.in.Peek(1); err != nil {
			w.broken = true
			return 0, noEnd(err)
		}
		available, err := w.in.Peek(min(w.in.Buffered(), len(b)-1))
		if err != nil {
			return 0, err
		}
		var used int
		n, used = w.end.copy(b, available)
		w.in.Discard(used) // it is buffered
	}
	return n, nil
}

// noEnd makes an error of the end of the connection, which is none of the mail.
func noEnd(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
