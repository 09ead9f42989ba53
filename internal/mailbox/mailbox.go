// Package mailbox reads mails from where people keep them: files of one mail,
// mbox files, maildirs, folders and standard input. It can also take each line of
// a log for the text of a mail.
//
// It streams: at no time is more than one mail in memory. It changes nothing:
// mails in a maildir stay as new as they were.
package mailbox

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"strconv"

	"github.com/hut8labs/failmail/internal/envelope"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// defaultMaxSize is the largest mail that a proxy takes with its default
// settings.
const defaultMaxSize = 32 << 20

// readAhead is how much of a file is in memory beside the mail.
const readAhead = 64 << 10

// A Mail is one mail that was found.
type Mail struct {
	// Source says where: the path, followed by a colon and the number of the
	// line where the mail begins if the file holds several.
	Source string
	// From and To are the envelope's, where the file has them: the sender in
	// front of a mail of an mbox, both in the archive and the fail-dir of a proxy.
	From string
	To   []string
	// Raw holds the mail, with line ends as in the file. It is valid only until
	// the next mail is asked for.
	Raw []byte
}

// A Reader finds mails. Its methods yield an error for each file and each mail
// that cannot be read, named and with what to do, and go on with the next one;
// the error of a context that ended is the last they yield.
type Reader struct {
	// Stdin is read for the path "-".
	Stdin io.Reader
	// MaxSize bounds a mail, in bytes. Defaults to defaultMaxSize.
	MaxSize int
	// Waiting, if it is set, is called before a read that may take long, such as
	// from a pipe, by the goroutine that asks for the next mail.
	Waiting func()
}

// Mails yields the mails at path: a maildir (a folder with cur and new), the
// files *.eml at any depth of another folder, an mbox, or a file of one mail.
func (r *Reader) Mails(ctx context.Context, path string) iter.Seq2[Mail, error] {
	return func(yield func(Mail, error) bool) {
		yield = until(ctx, yield)
		if path != Stdin && isFolder(path) {
			r.folder(ctx, path, yield)
			return
		}
		r.file(ctx, path, yield)
	}
}

// Lines yields a mail for each line of the file at path, with the line as its
// text and an empty subject.
func (r *Reader) Lines(ctx context.Context, path string) iter.Seq2[Mail, error] {
	return func(yield func(Mail, error) bool) {
		yield = until(ctx, yield)
		f, err := r.open(ctx, path)
		if err != nil {
			yield(Mail{}, err)
			return
		}
		defer f.Close()
		in := newLineReader(f.Reader, len(lineHead)+r.maxSize())
		raw := []byte(lineHead)
		for number := 1; ; number++ {
			raw, err = in.next(raw[:len(lineHead)])
			switch {
			case err != nil && err != io.EOF:
				yield(Mail{}, readError(ctx, path, err))
				return
			case err == io.EOF && len(raw) == len(lineHead):
				return // there was nothing behind the last line end
			case in.cut:
				if !yield(Mail{}, r.tooLarge(at(path, number), "line")) {
					return
				}
			default:
				raw = append(raw, '\r', '\n')
				if !yield(Mail{Source: at(path, number), Raw: raw}, nil) {
					return
				}
			}
			if err == io.EOF {
				return
			}
		}
	}
}

// lineHead makes a mail of a line: one with a header, so that it is not placed
// as a mail that cannot be parsed.
const lineHead = "Subject: \r\n\r\n"

// until makes the error of ctx, when it ends, the last that yield gets.
func until(ctx context.Context, yield func(Mail, error) bool) func(Mail, error) bool {
	return func(m Mail, err error) bool {
		if ctx.Err() != nil {
			yield(Mail{}, ctx.Err())
			return false
		}
		return yield(m, err)
	}
}

// file yields what is in one file; false when no more is wanted.
func (r *Reader) file(ctx context.Context, path string, yield func(Mail, error) bool) bool {
	f, err := r.open(ctx, path)
	if err != nil {
		return yield(Mail{}, err)
	}
	defer f.Close()
	if start, _ := f.Peek(len("From  :")); isSeparatorAtStart(start) {
		return r.mbox(ctx, path, f.Reader, yield)
	}
	raw, err := io.ReadAll(io.LimitReader(f, int64(r.maxSize())+1))
	switch {
	case err != nil:
		return yield(Mail{}, readError(ctx, path, err))
	case len(raw) > r.maxSize():
		return yield(Mail{}, r.tooLarge(path, "mail"))
	case len(raw) == 0:
		return true
	}
	mail := Mail{Source: path}
	e, rest, _ := envelope.Cut(raw)
	mail.From, mail.To, mail.Raw = e.From, e.To, rest // where the envelope is wrong, the mail is still one to look at
	return yield(mail, nil)
}

func (r *Reader) maxSize() int {
	if r.MaxSize > 0 {
		return r.MaxSize
	}
	return defaultMaxSize
}

// A source is an open file, behind its byte order mark.
type source struct {
	*bufio.Reader
	close func() error
}

func (s *source) Close() error { return s.close() }

func (r *Reader) open(ctx context.Context, path string) (*source, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var s *source
	if path == Stdin {
		s = r.interruptible(ctx, r.Stdin, func() error { return nil })
	} else {
		f, err := os.Open(path)
		if err != nil {
			return nil, readError(ctx, path, err)
		}
		switch info, err := f.Stat(); {
		case err != nil:
			f.Close()
			return nil, readError(ctx, path, err)
		case info.IsDir():
			f.Close()
			return nil, fmt.Errorf("cannot read the lines of %q, it is a folder; name its files", path)
		case info.Mode().IsRegular():
			s = &source{bufio.NewReaderSize(&checked{ctx, f}, readAhead), f.Close}
		default:
			s = r.interruptible(ctx, f, f.Close)
		}
	}
	if err := s.begin(path); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// begin skips a byte order mark, and refuses what is no text before it is taken
// for one long mail.
func (s *source) begin(path string) error {
	start, _ := s.Peek(1) // an error comes again with the first read
	if len(start) == 0 || start[0] != 0x1f && start[0] < 0xef {
		return nil // without a wait for more than the first short line
	}
	start, _ = s.Peek(3)
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		s.Discard(3)
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return fmt.Errorf("cannot read %q, it is UTF-16; convert it first, with iconv -f UTF-16 -t UTF-8", path)
	case bytes.HasPrefix(start, []byte("\x1f\x8b")):
		return fmt.Errorf("cannot read %q, it is compressed; unpack it first, with zcat %q | failmail explain", path, path)
	}
	return nil
}

// checked ends the reading of a long file when ctx does.
type checked struct {
	ctx context.Context
	r   io.Reader
}

func (c *checked) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

func at(path string, line int) string { return path + ":" + strconv.Itoa(line) }

func (r *Reader) tooLarge(source, what string) error {
	return fmt.Errorf("%s: the %s has more than %d bytes and is left out, as a proxy would refuse it",
		source, what, r.maxSize())
}

// readError names the file once, and says what to do.
func readError(ctx context.Context, path string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	remedy := ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
		remedy = "; check the name"
	case errors.Is(err, fs.ErrPermission):
		remedy = "; run this as a user who may read it, or give that right with chmod"
	}
	var in *fs.PathError
	if errors.As(err, &in) {
		err = in.Err
	}
	return fmt.Errorf("cannot read %q: %w%s", path, err, remedy)
}
