package failmail

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/envelope"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/receive"
	"github.com/hut8labs/failmail/pkg/render"
)

// A FieldError says which field of a Config is wrong, and what would be right.
type FieldError struct {
	Field   string // as in Config
	Value   string
	Problem string // what is wrong, and what to do
}

// Error names field, value and problem; an empty value it leaves out.
func (e *FieldError) Error() string {
	if e.Value == "" {
		return e.Field + " " + e.Problem
	}
	return fmt.Sprintf("%s %q %s", e.Field, e.Value, e.Problem)
}

// withDefaults fills in what was left empty. It asks the machine for its name.
func (c Config) withDefaults() Config {
	c.Bind = cmp.Or(c.Bind, DefaultBind)
	c.Relay = cmp.Or(c.Relay, DefaultRelay)
	if c.Hostname == "" {
		name, _ := os.Hostname()
		c.Hostname = cmp.Or(name, "localhost")
	}
	c.From = cmp.Or(c.From, "failmail@"+c.Hostname)
	c.Wait = cmp.Or(c.Wait, DefaultWait)
	c.MaxWait = cmp.Or(c.MaxWait, max(DefaultMaxWait, c.Wait))
	c.RetryFor = cmp.Or(c.RetryFor, DefaultRetryFor)
	c.ShutdownTimeout = cmp.Or(c.ShutdownTimeout, DefaultShutdownTimeout)
	c.RateWindow = cmp.Or(c.RateWindow, DefaultRateWindow)
	c.FailDir = cmp.Or(c.FailDir, DefaultFailDir)
	c.MaxMessageSize = cmp.Or(c.MaxMessageSize, receive.DefaultMaxMessageSize)
	c.MaxInFlight = cmp.Or(c.MaxInFlight, receive.DefaultMaxInFlight)
	if c.Renderer == nil {
		c.Renderer = render.Standard{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// isPage reports whether text is an address that a browser opens.
func isPage(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.RawQuery == "" && u.Fragment == "" && u.User == nil
}

// validate returns every mistake at once, each as a *FieldError.
func (c Config) validate() error {
	var errs []error
	bad := func(field, value, problem string) {
		errs = append(errs, &FieldError{field, value, problem})
	}
	for _, bind := range c.binds() {
		e, err := receive.ParseEndpoint(bind)
		switch {
		case err != nil:
			bad("Bind", bind, err.Error())
		case e.TLS && c.TLS == nil:
			bad("Bind", bind, "needs a certificate; set Config.TLS")
		case !e.Loopback() && !c.Access.Open():
			bad("Bind", bind, "can be reached from other machines, which could send through your relay; "+
				"say who may in Config.Access")
		case slices.ContainsFunc(c.relays(), func(r deliver.Relay) bool { return r.Addr == e.Address }):
			bad("Relay", c.Relay, "is an address mails are received on, so summaries would come back for ever; name the server that delivers mail")
		}
	}
	if c.Sender == nil {
		if _, err := deliver.ParseRelays(c.Relay); err != nil {
			bad("Relay", c.Relay, strings.TrimPrefix(err.Error(), fmt.Sprintf("the relay %q ", c.Relay)))
		}
	}
	if address, err := mail.ParseAddress(c.From); err != nil || address.Address != c.From || envelope.Problem(c.From) != "" {
		bad("From", c.From, "is not a plain mail address; use one such as failmail@example.com")
	}
	switch address, err := mail.ParseAddress(c.Pager); {
	case c.RateLimit > 0 && c.Pager == "":
		bad("Pager", "", "is needed for Config.RateLimit; name the address to page")
	case c.Pager != "" && c.RateLimit <= 0:
		bad("Pager", c.Pager, "has nothing to do without Config.RateLimit; set it")
	case c.Pager != "" && (err != nil || address.Address != c.Pager || envelope.Problem(c.Pager) != ""):
		bad("Pager", c.Pager, "is not a plain mail address; use one such as oncall@example.com")
	}
	if len(c.Report) > 0 && len(c.ReportTo) == 0 {
		bad("ReportTo", "", "is needed for Config.Report; name the addresses it goes to")
	}
	if len(c.ReportTo) > 0 && len(c.Report) == 0 {
		bad("ReportTo", strings.Join(c.ReportTo, ", "), "has nothing to do without Config.Report; say when")
	}
	for _, to := range c.ReportTo {
		if address, err := mail.ParseAddress(to); err != nil || address.Address != to || envelope.Problem(to) != "" {
			bad("ReportTo", to, "is not a plain mail address; use one such as ops@example.com")
		}
	}
	if c.PublicURL != "" && !isPage(c.PublicURL) {
		bad("PublicURL", c.PublicURL, "is not the address of a page; use one such as https://failmail.example.com")
	}
	if strings.ContainsAny(c.Hostname, " \t\r\n<>@") {
		bad("Hostname", c.Hostname, "is not a host name; use one such as mail.example.com")
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{
		{"Wait", c.Wait}, {"MaxWait", c.MaxWait}, {"ShutdownTimeout", c.ShutdownTimeout},
		{"IdleTimeout", c.IdleTimeout}, {"SessionTimeout", c.SessionTimeout}, {"RateWindow", c.RateWindow}, {"First", c.First},
	} {
		if d.value < 0 {
			bad(d.field, d.value.String(), "is negative; use a duration such as 30s or 5m")
		}
	}
	for _, n := range []struct {
		field string
		value int64
	}{
		{"MaxMessageSize", c.MaxMessageSize}, {"MaxInFlight", c.MaxInFlight}, {"MaxRecipients", int64(c.MaxRecipients)},
		{"MaxConnections", int64(c.MaxConnections)}, {"MaxPerClient", int64(c.MaxPerClient)}, {"RateLimit", int64(c.RateLimit)},
	} {
		if n.value < 0 {
			bad(n.field, strconv.FormatInt(n.value, 10), "is negative; leave it out for the default")
		}
	}
	if c.AllDir == c.FailDir {
		bad("AllDir", c.AllDir, "is the fail-dir too, so failed summaries would drown in it; use another folder")
	}
	return errors.Join(errs...)
}
