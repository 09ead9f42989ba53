package deliver

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"unicode"
)

// A Relay is one place that takes mails, as an operator names it.
type Relay struct {
	Protocol Protocol
	Addr     string   // of SMTP, SMTPS, LMTP: "host:port" or "unix:/path"
	User     string   // of SMTP, SMTPS, LMTP: to log in as; may be empty
	Command  []string // of EXEC: the program and its first arguments
}

// A Protocol is how mails are handed to a Relay.
type Protocol string

const (
	ProtocolSMTP  Protocol = "smtp"  // RFC 5321
	ProtocolSMTPS Protocol = "smtps" // the same, over TLS from the first byte (RFC 8314)
	ProtocolLMTP  Protocol = "lmtp"  // RFC 2033
	ProtocolExec  Protocol = "exec"  // a program like sendmail
	ProtocolDebug Protocol = "debug" // printed
)

// RelayForms are the forms that ParseRelay takes, for help texts.
const RelayForms = "HOST[:PORT], smtp://[USER@]HOST[:PORT], smtps://[USER@]HOST[:PORT], lmtp://[USER@]HOST:PORT, unix:/PATH, lmtp+unix:/PATH, exec:COMMAND or debug"

// ParseRelays reads one or more relays, separated by commas, in the order of
// preference. A command takes all that follows "exec:", commas as well.
func ParseRelays(text string) ([]Relay, error) {
	var relays []Relay
	for rest, more := text, true; more; {
		one := strings.TrimSpace(rest)
		if !strings.HasPrefix(strings.ToLower(one), "exec:") {
			one, rest, more = strings.Cut(rest, ",")
			one = strings.TrimSpace(one)
		} else {
			more = false
		}
		if one == "" && text != "" {
			return nil, fmt.Errorf("the relays %q have a comma too many", text)
		}
		relay, err := ParseRelay(one)
		if err != nil {
			return nil, err
		}
		relays = append(relays, relay)
	}
	return relays, nil
}

// ParseRelay reads one relay in one of the RelayForms; smtp+unix:/path is the
// same as unix:/path, and lmtp:/path as lmtp+unix:/path. The port defaults to 25,
// and to 465 for smtps; lmtp has none. The error says what is wrong and what would be
// right.
func ParseRelay(text string) (Relay, error) {
	relay, err := parseRelay(text)
	if err != nil {
		return Relay{}, fmt.Errorf("the relay %q %w", text, err)
	}
	return relay, nil
}

// The errors of what follows go on from "the relay …".
func parseRelay(text string) (Relay, error) {
	if text == "" {
		return Relay{}, errors.New("is empty; it is " + RelayForms)
	}
	if strings.EqualFold(text, string(ProtocolDebug)) {
		return Relay{Protocol: ProtocolDebug}, nil
	}
	scheme, rest, hasScheme := strings.Cut(text, ":")
	scheme = strings.ToLower(scheme)
	switch {
	case strings.HasPrefix(text, "/"):
		return Relay{}, fmt.Errorf("is a path; write unix:%s or lmtp+unix:%[1]s for a socket, exec:%[1]s for a program", text)
	case !hasScheme && strings.Contains(text, "@"):
		return Relay{}, fmt.Errorf("has a user; write smtp://%s", text)
	case scheme == "exec":
		command, err := SplitCommand(rest)
		if err != nil {
			return Relay{}, fmt.Errorf("has a wrong form: %w", err)
		}
		return Relay{Protocol: ProtocolExec, Command: command}, nil
	case scheme == "unix", scheme == "smtp+unix":
		return socket(ProtocolSMTP, rest)
	case scheme == "lmtp+unix", scheme == "lmtp" && !strings.HasPrefix(rest, "//"):
		return socket(ProtocolLMTP, rest)
	case strings.HasPrefix(rest, "//"):
		return address(Protocol(scheme), rest[2:])
	case (scheme == "smtp" || scheme == "smtps") && strings.Contains(rest, ":"):
		return Relay{}, fmt.Errorf("lacks two slashes; write %s://%s", scheme, rest)
	}
	addr, err := hostPort(text, defaultPorts[ProtocolSMTP])
	return Relay{Protocol: ProtocolSMTP, Addr: addr}, err
}

// socket reads what follows "unix:".
func socket(protocol Protocol, path string) (Relay, error) {
	if strings.HasPrefix(path, "///") {
		path = path[2:] // as in a URL
	}
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.HasSuffix(path, "/") {
		return Relay{}, errors.New("needs the absolute path of a socket, such as unix:/run/relay or lmtp+unix:/run/dovecot/lmtp, or two slashes before a host, such as lmtp://localhost:24")
	}
	if strings.ContainsFunc(path, unicode.IsControl) {
		return Relay{}, errors.New("has a control character in its path")
	}
	return Relay{Protocol: protocol, Addr: "unix:" + path}, nil
}

var defaultPorts = map[Protocol]string{ProtocolSMTP: "25", ProtocolSMTPS: "465", ProtocolLMTP: ""}

// address reads what follows "smtp://". A URL package would take more than we
// can use, and says less about what is wrong.
func address(protocol Protocol, rest string) (Relay, error) {
	port, known := defaultPorts[protocol]
	if !known {
		return Relay{}, fmt.Errorf("begins with %s://, which is not known; it is %s", protocol, RelayForms)
	}
	rest = strings.TrimSuffix(rest, "/")
	if strings.ContainsAny(rest, "/?#") {
		return Relay{}, fmt.Errorf("has something after the port; write %s://HOST:PORT", protocol)
	}
	user, host := "", rest
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, host = rest[:at], rest[at+1:]
		if user == "" {
			return Relay{}, errors.New("has no user before the @")
		}
	}
	if strings.Contains(user, ":") {
		return Relay{}, errors.New("has a password, which every user of this machine could read; give it in a file")
	}
	user, err := url.PathUnescape(user)
	if err != nil || strings.ContainsFunc(user, unicode.IsControl) {
		return Relay{}, errors.New("has a wrong user; write what is special in it as %40 for @")
	}
	addr, err := hostPort(host, port)
	return Relay{Protocol: protocol, Addr: addr, User: user}, err
}

// hostPort checks "host:port", or "host" if there is a default for the port.
func hostPort(text, defaultPort string) (string, error) {
	if defaultPort != "" && !hasPort(text) {
		text = net.JoinHostPort(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"), defaultPort)
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return "", errors.New("has a wrong form: " + formProblem(err))
	}
	if host == "" {
		return "", errors.New("names no host; write localhost:25 for this machine")
	}
	if strings.ContainsFunc(host, notInHost) {
		return "", fmt.Errorf("has the wrong host %q; a name beyond ASCII is written as xn--…", host)
	}
	// The C library takes white space before a number.
	if n, err := net.LookupPort("tcp", port); err != nil || n == 0 || strings.ContainsFunc(port, notInPort) {
		return "", fmt.Errorf("has the unknown port %q; it is a number from 1 to 65535", port)
	}
	return net.JoinHostPort(host, port), nil
}

// notInHost leaves names, addresses of both kinds, and the zones of the second.
func notInHost(r rune) bool {
	return notInPort(r) && !strings.ContainsRune("_.:%", r)
}

// notInPort leaves numbers and names of services.
func notInPort(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-')
}

// hasPort reports whether a port follows the host, which may be an IPv6 address
// in brackets.
func hasPort(text string) bool {
	return strings.LastIndexByte(text, ':') > strings.LastIndexByte(text, ']')
}

func formProblem(err error) string {
	if problem, ok := errors.AsType[*net.AddrError](err); ok {
		switch problem.Err {
		case "missing port in address":
			return "the port is missing, as in localhost:25"
		case "too many colons in address":
			return "an IPv6 address stands in brackets, as in [::1]:25"
		}
		return problem.Err
	}
	return err.Error()
}

// open returns the Sender for a relay, or what is wrong with the two.
func (o Options) open(r Relay) (Sender, error) {
	switch r.Protocol {
	case ProtocolDebug:
		if o.Output == nil {
			o.Output = os.Stdout
		}
		return &Debug{Output: o.Output}, nil
	case ProtocolExec:
		if _, err := exec.LookPath(r.Command[0]); err != nil {
			return nil, fmt.Errorf("the relay %s cannot be run: %w", r, err)
		}
		return &Exec{Command: r.Command}, nil
	}
	s := &SMTP{
		Addr: r.Addr, Hostname: o.Hostname, LMTP: r.Protocol == ProtocolLMTP, TLS: o.TLS, Auth: o.Auth,
		Limits: o.Limits, Timeouts: o.Timeouts, Logger: o.Logger,
	}
	s.TLS.Implicit = r.Protocol == ProtocolSMTPS
	s.Auth.User = cmp.Or(r.User, o.Auth.User)
	s.Limits.IdleTimeout = max(cmp.Or(o.Limits.IdleTimeout, DefaultIdleTimeout), 0)
	switch {
	case s.TLS.Implicit && s.TLS.policy() == TLSOff:
		return nil, fmt.Errorf("the relay %s is always encrypted, which TLS.Policy=off contradicts; leave out one of them", r)
	case s.Auth.User != "" && s.Auth.Password == nil && s.Auth.Token == nil:
		return nil, fmt.Errorf("the relay %s has the user %q, but there is neither a password nor a token command for it", r, s.Auth.User)
	}
	return s, nil
}

// String returns r in a form that ParseRelay reads.
func (r Relay) String() string {
	path, unix := strings.CutPrefix(r.Addr, "unix:")
	switch {
	case r.Protocol == ProtocolDebug:
		return string(r.Protocol)
	case r.Protocol == ProtocolExec:
		return "exec:" + joinCommand(r.Command)
	case unix && r.Protocol == ProtocolLMTP:
		return "lmtp+unix:" + path
	case unix:
		return r.Addr
	case r.User != "":
		user := strings.ReplaceAll(url.User(r.User).String(), ",", "%2C") // a comma separates relays
		return string(r.Protocol) + "://" + user + "@" + r.Addr
	}
	return string(r.Protocol) + "://" + r.Addr
}
