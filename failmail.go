package failmail

import (
	"regexp"

	"github.com/hut8labs/failmail/pkg/message"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/receive"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

type (
	// A Message is one received mail.
	Message = receive.Message
	// A Grouper decides which mails belong together.
	Grouper = batch.Grouper
	// GrouperFunc adapts a function to a Grouper.
	GrouperFunc = batch.GrouperFunc
	// Access says who may send to a Proxy, and to whom.
	Access = receive.Access
	// A Sender takes responsibility for a finished mail.
	Sender = deliver.Sender
	// SenderFunc adapts a function to a Sender.
	SenderFunc = deliver.SenderFunc
	// A Mail is a finished mail with its envelope.
	Mail = deliver.Mail
	// A Store keeps what was received until it is delivered.
	Store = store.Store
	// A Renderer writes the summary mail.
	Renderer = render.Renderer
	// RendererFunc adapts a function to a Renderer.
	RendererFunc = render.RendererFunc
	// A Summary is what a Renderer can say about a batch.
	Summary = render.Summary
	// RelayOptions say how to talk to a relay.
	RelayOptions = deliver.Options
	// An Event tells Config.OnSummary what became of a summary.
	Event = render.Event
	// An EventLine is one headline of a summary.
	EventLine = render.EventLine
	// A Redactor removes secrets from what people are shown.
	Redactor = render.Redactor
)

// NewRedactor returns a Redactor for the usual forms of passwords, tokens,
// cookies, keys and card numbers, and for what own patterns match.
func NewRedactor(own ...*regexp.Regexp) *Redactor { return render.NewRedactor(own...) }

// NewMessage makes a Message of raw, a mail as in RFC 5322, for
// [Proxy.Submit] or for testing a [Grouper]. Mails that cannot be parsed are
// kept as they are.
func NewMessage(from string, to []string, raw []byte) *Message {
	return message.New(from, to, raw)
}

// Group compiles an expression such as "subject", "header:X-Service,host" or a
// template such as `{{match "^[A-Z]+" .Subject}}` into a Grouper, for the Batch
// and Group fields of [Config].
func Group(expression string) (Grouper, error) { return batch.Compile(expression) }

// Permanent marks an error of a [Sender] as one that trying again will not
// mend: the mail then goes to the fail-dir at once.
func Permanent(err error) error { return deliver.Permanent(err) }

// NewMemoryStore returns a [Store] that keeps nothing on disk. Set FlushOnExit
// with it, so that an orderly end loses nothing.
func NewMemoryStore() Store { return memory.New(store.Limits{}) }
