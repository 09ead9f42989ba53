package main

import (
	"log/slog"
	"net"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/receive"
	"github.com/hut8labs/failmail/pkg/store"
)

// A conflict is between settings that each are right, and of which one makes the other
// useless. The proxy works with them, other than was meant; what cannot work is refused
// by [failmail.New].
type conflict struct {
	options string // that were given, and one of which is useless
	because string // what follows the option and its value; says what to do
	applies func(s *chosen) bool
}

// What is chosen are the settings in force.
type chosen struct {
	*cli.Context
	config failmail.Config
}

const ofRelay = "relay-tls relay-ca relay-cert relay-user relay-password relay-password-file relay-token-command relay-max-conns"

var conflicts = []conflict{
	{"wait", "is longer than --max-wait, which always sends the summary before; raise --max-wait or leave it out", func(s *chosen) bool {
		return s.IsSet("max-wait") && s.config.Wait > s.config.MaxWait
	}},
	{"quiet", "has no effect without --first=send", func(s *chosen) bool { return s.String("first") != "send" }},
	{"quiet", "is shorter than --wait, so mails are sent one by one while their batch still collects; use more", func(s *chosen) bool {
		return s.config.First > 0 && s.config.First < s.config.Wait
	}},
	{"group", "is the same as --batch, so each summary has one headline; group by something else", func(s *chosen) bool {
		return s.String("group") == s.String("batch")
	}},
	{"heartbeat", "matches every subject, so no mail is in any summary; write more of the subject", func(s *chosen) bool {
		return slices.ContainsFunc(listOf(s.Context, "heartbeat"), func(pattern string) bool { return batch.MutesEverything(store.Mute{Pattern: pattern}) })
	}},
	{"resolve-after", "is shorter than --max-wait, so a problem may be over before its summary is sent; use more", func(s *chosen) bool {
		return s.Duration("resolve-after") < s.config.MaxWait
	}},
	{"rate-window", "has no effect without --rate-limit", func(s *chosen) bool { return s.config.RateLimit == 0 }},
	{"on-summary-timeout", "has no effect without --on-summary", func(s *chosen) bool { return s.config.OnSummary == nil }},
	{"public-url", "leads to pages that are not served with --bind-http=\"\"; leave out one of them", func(s *chosen) bool { return s.String("bind-http") == "" }},
	{"bind-http bind", "shares its address between mails and the page; use another port for one of them", func(s *chosen) bool {
		return slices.Contains(listOf(s.Context, "bind"), s.String("bind-http"))
	}},

	{"bind", "has no effect beside --socket-fd; leave out one of them", func(s *chosen) bool { return s.Int("socket-fd") != 0 }},
	{"max-message-size max-in-flight", "does not fit: a mail of --max-message-size takes as much of --max-in-flight, and would be temporarily refused for ever; lower the former or raise the latter", func(s *chosen) bool {
		return s.config.MaxMessageSize > s.config.MaxInFlight
	}},
	{"max-per-client", "has no effect, as --max-connections is lower; lower it or raise --max-connections", func(s *chosen) bool {
		return s.config.MaxPerClient > s.config.MaxConnections
	}},
	{"idle-timeout", "has no effect, as --session-timeout is shorter; lower it or raise --session-timeout", func(s *chosen) bool {
		return s.config.IdleTimeout > s.config.SessionTimeout
	}},
	{"allow-net", "lets in other machines, which cannot reach --bind; listen on an address that they reach, such as --bind=0.0.0.0:2525", func(s *chosen) bool {
		lets := slices.ContainsFunc(s.config.Access.Networks, func(n netip.Prefix) bool { return !n.Addr().IsLoopback() })
		return lets && s.onlyHere() && len(s.config.TrustedProxies) == 0
	}},
	{"allow-net", "names Unix sockets, which need no credentials as there are none; leave \"unix\" out", func(s *chosen) bool {
		return s.config.Access.UnixSockets && s.config.Access.Authenticate == nil
	}},
	{"credentials credentials-file", "cannot be used by other machines without TLS; set --tls-cert and --tls-key", func(s *chosen) bool {
		return s.config.Access.Authenticate != nil && s.config.TLS == nil && !s.onlyHere()
	}},
	{"allow-recipient", "has a domain alone, which no address is as a whole; write *@example.com", func(s *chosen) bool {
		return slices.ContainsFunc(listOf(s.Context, "allow-recipient"), isDomain)
	}},
	{"rewrite-recipient", "makes an address that --allow-recipient does not accept, so its mails are refused; allow that one, too", refusesRewritten},

	{ofRelay, "has no effect on --relay, which is not a mail server", func(s *chosen) bool { return !slices.ContainsFunc(s.relays(), isServer) }},
	{"relay-ca relay-cert", "has no effect with --relay-tls=off", func(s *chosen) bool { return s.String("relay-tls") == "off" }},
	{"relay-password relay-password-file", "has no effect beside --relay-token-command; leave out one of them", func(s *chosen) bool {
		return s.String("relay-token-command") != ""
	}},
	{"relay-user", "is not used with --relay-tls=off, as no password is sent in the clear to another machine; leave out one of them", func(s *chosen) bool {
		return s.String("relay-tls") == "off" && slices.ContainsFunc(s.relays(), func(r deliver.Relay) bool { return isServer(r) && !isHere(r.Addr) })
	}},
}

// conflictsOf returns a sentence for each conflict of the settings that were chosen. A
// default is never in one.
func conflictsOf(c *cli.Context, config failmail.Config) (found []string) {
	s := &chosen{c, config}
	for _, conflict := range conflicts {
		for name := range strings.FieldsSeq(conflict.options) {
			if c.IsSet(name) && conflict.applies(s) {
				found = append(found, "--"+name+" "+conflict.because)
				break
			}
		}
	}
	return found
}

func warnConflicts(c *cli.Context, config failmail.Config, log *slog.Logger) {
	for _, conflict := range conflictsOf(c, config) {
		log.Warn("settings contradict each other", "problem", conflict)
	}
}

func (s *chosen) relays() []deliver.Relay {
	relays, _ := deliver.ParseRelays(s.config.Relay) // failmail.New has checked them
	return relays
}

func isServer(r deliver.Relay) bool {
	return r.Protocol != deliver.ProtocolDebug && r.Protocol != deliver.ProtocolExec
}

// isHere reports whether an address of a relay is on this machine.
func isHere(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err != nil || isLoopback(host) // a path of a socket has no port
}

// onlyHere reports whether mails come from this machine only, as far as --bind says: it is
// not used with inherited sockets.
func (s *chosen) onlyHere() bool {
	if s.Int("socket-fd") != 0 || os.Getenv("LISTEN_FDS") != "" {
		return false
	}
	return !slices.ContainsFunc(listOf(s.Context, "bind"), func(bind string) bool {
		endpoint, err := receive.ParseEndpoint(bind)
		return err == nil && !endpoint.Loopback()
	})
}

// isDomain reports whether a pattern is nothing but a domain.
func isDomain(pattern string) bool {
	return strings.Contains(pattern, ".") && strings.Trim(strings.ToLower(pattern), "abcdefghijklmnopqrstuvwxyz0123456789-.") == "" &&
		!strings.HasPrefix(pattern, ".")
}

// refusesRewritten reports whether an address that recipients are rewritten to is refused.
func refusesRewritten(s *chosen) bool {
	access := s.config.Access
	return len(access.Recipients) > 0 && slices.ContainsFunc(access.Rewrite, func(r receive.Rewrite) bool {
		isAddress := strings.Contains(r.Replacement, "@") && !strings.Contains(r.Replacement, "$")
		return isAddress && !slices.ContainsFunc(access.Recipients, func(allowed *regexp.Regexp) bool {
			return regexp.MustCompile(`\A(?:` + allowed.String() + `)\z`).MatchString(r.Replacement)
		})
	})
}
