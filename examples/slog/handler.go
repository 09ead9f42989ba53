package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"mime"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail"
)

// A mailHandler is a slog.Handler that hands records to a Proxy as mails. It is
// immutable, so any number of goroutines may log through it and through what
// With and WithGroup derive from it.
//
// Handle returns when the record is durable, so an error that was logged before
// a crash is reported after it. The Proxy's own Logger must be another one, or
// else its trouble with the store would be logged to the store.
type mailHandler struct {
	proxy   submitter
	options mailOptions
	prefix  string   // of the groups that are open: "request.user."
	lines   []string // of the attributes so far
}

// A submitter is a failmail.Proxy.
type submitter interface {
	Submit(ctx context.Context, m *failmail.Message) error
}

// mailOptions say what a mailHandler writes.
type mailOptions struct {
	From   string
	To     []string
	Prefix string       // of the subject, such as the name of the program
	Level  slog.Leveler // the lowest that is mailed; slog.LevelError for nil
	Host   string       // for --group=host; may be empty
}

var _ slog.Handler = (*mailHandler)(nil)

func newMailHandler(proxy submitter, options mailOptions) *mailHandler {
	return &mailHandler{proxy: proxy, options: options}
}

// Enabled implements slog.Handler.
func (h *mailHandler) Enabled(_ context.Context, level slog.Level) bool {
	lowest := slog.LevelError
	if h.options.Level != nil {
		lowest = h.options.Level.Level()
	}
	return level >= lowest
}

// WithAttrs implements slog.Handler.
func (h *mailHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	derived := *h
	derived.lines = slices.Clip(slices.Clone(h.lines))
	for _, a := range attrs {
		derived.lines = appendLines(derived.lines, h.prefix, a)
	}
	return &derived
}

// WithGroup implements slog.Handler.
func (h *mailHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	derived := *h
	derived.prefix += name + "."
	return &derived
}

// Handle implements slog.Handler.
func (h *mailHandler) Handle(ctx context.Context, r slog.Record) error {
	// What failed may be a request that was cancelled: report it all the same.
	return h.proxy.Submit(context.WithoutCancel(ctx), h.mail(r))
}

// mail puts the message into the subject, which by default is the headline it
// counts under, and everything else into the text.
func (h *mailHandler) mail(r slog.Record) *failmail.Message {
	var mail strings.Builder
	field := func(name, value string) {
		fmt.Fprintf(&mail, "%s: %s\r\n", name, mime.QEncoding.Encode("utf-8", value))
	}
	subject := r.Level.String() + ": " + r.Message
	if h.options.Prefix != "" {
		subject = "[" + h.options.Prefix + "] " + subject
	}
	field("From", h.options.From)
	field("To", strings.Join(h.options.To, ", "))
	field("Subject", subject)
	if !r.Time.IsZero() {
		field("Date", r.Time.Format(time.RFC1123Z))
	}
	mail.WriteString("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n" +
		"Content-Transfer-Encoding: 8bit\r\n\r\n" + r.Message + "\r\n\r\n")
	for _, line := range h.text(r) {
		mail.WriteString(line + "\r\n")
	}
	m := failmail.NewMessage(h.options.From, h.options.To, []byte(mail.String()))
	m.Helo = h.options.Host
	return m
}

// text returns the attributes, one a line, and where in the program it was.
func (h *mailHandler) text(r slog.Record) []string {
	lines := slices.Clone(h.lines)
	for a := range r.Attrs {
		lines = appendLines(lines, h.prefix, a)
	}
	if r.PC != 0 {
		frame, _ := runtime.CallersFrames([]uintptr{r.PC}).Next()
		lines = append(lines, fmt.Sprintf("at %s (%s:%d)", frame.Function, filepath.Base(frame.File), frame.Line))
	}
	return lines
}

// appendLines appends the line of an attribute, or those of a group.
func appendLines(lines []string, prefix string, a slog.Attr) []string {
	value := a.Value.Resolve()
	if a.Key == "" && value.Equal(slog.Value{}) {
		return lines
	}
	if value.Kind() != slog.KindGroup {
		return append(lines, prefix+cmp.Or(a.Key, "(no key)")+" = "+value.String())
	}
	if a.Key != "" { // else its attributes stand among the others
		prefix += a.Key + "."
	}
	for _, member := range value.Group() {
		lines = appendLines(lines, prefix, member)
	}
	return lines
}
