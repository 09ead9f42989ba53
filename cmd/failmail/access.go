package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/receive"
)

// accessFlags say who may send, what, and how much of it.
func accessFlags() []cli.Flag {
	return []cli.Flag{
		&cli.IntFlag{Name: "socket-fd", EnvVars: env("socket-fd"), Usage: "receive on the listening socket that was inherited as descriptor `N`, instead of --bind; the sockets of a systemd socket unit are found without it"},
		&cli.GenericFlag{Name: "proxy-protocol-from", EnvVars: env("proxy-protocol-from"), Value: &list{commas: true, env: env("proxy-protocol-from")[0]}, Usage: "expect a PROXY protocol header, version 1 or 2, from load balancers in `NETWORK`; may be repeated"},
		&cli.StringFlag{Name: "tls-cert", EnvVars: env("tls-cert"), Usage: "offer STARTTLS, and TLS on smtps addresses, with the certificate chain in `FILE`, which is read again when it changes"},
		&cli.StringFlag{Name: "tls-key", EnvVars: env("tls-key"), Usage: "the key of the certificate is in `FILE`"},
		&cli.GenericFlag{Name: "credentials", EnvVars: env("credentials"), Value: &list{env: env("credentials")[0]}, Usage: "require clients to authenticate, and admit `USER:PASSWORD`; may be repeated; other users of this machine can see it, so prefer the file or the environment"},
		&cli.StringFlag{Name: "credentials-file", EnvVars: env("credentials-file"), Usage: "require clients to authenticate, and admit the users in `FILE`, as made by htpasswd -B"},
		&cli.GenericFlag{Name: "allow-net", EnvVars: env("allow-net"), Value: &list{commas: true, env: env("allow-net")[0]}, Usage: "let clients from `NETWORK`, such as 10.0.0.0/8, send without credentials, or \"unix\" those on Unix sockets; may be repeated"},
		&cli.GenericFlag{Name: "allow-recipient", EnvVars: env("allow-recipient"), Value: &list{env: env("allow-recipient")[0]}, Usage: "take only recipients that match `PATTERN` as a whole; may be repeated"},
		&cli.GenericFlag{Name: "rewrite-recipient", EnvVars: env("rewrite-recipient"), Value: &list{env: env("rewrite-recipient")[0]}, Usage: "replace what matches in a recipient, as `PATTERN=REPLACEMENT`; may be repeated"},
		&cli.StringFlag{Name: "rewrite-src", Hidden: true, Usage: "old form of the pattern of --rewrite-recipient"},
		&cli.StringFlag{Name: "rewrite-dest", Hidden: true, Usage: "old form of the replacement of --rewrite-recipient"},
		&cli.Int64Flag{Name: "max-message-size", EnvVars: env("max-message-size"), Value: receive.DefaultMaxMessageSize, Usage: "refuse mails larger than `BYTES`"},
		&cli.Int64Flag{Name: "max-in-flight", EnvVars: env("max-in-flight"), Value: receive.DefaultMaxInFlight, Usage: "temporarily refuse mails while those in transfer hold `BYTES` of memory; the process takes up to half as much more, and 64 MiB"},
		&cli.IntFlag{Name: "max-recipients", EnvVars: env("max-recipients"), Value: receive.DefaultMaxRecipients, Usage: "take at most `N` recipients for one mail"},
		&cli.IntFlag{Name: "max-connections", EnvVars: env("max-connections"), Value: receive.DefaultMaxConnections, Usage: "serve at most `N` connections at a time"},
		&cli.IntFlag{Name: "max-per-client", EnvVars: env("max-per-client"), Value: receive.DefaultMaxPerClient, Usage: "serve at most `N` connections from one address at a time"},
		&cli.DurationFlag{Name: "idle-timeout", EnvVars: env("idle-timeout"), Value: receive.DefaultIdleTimeout, Usage: "end a connection that is silent for this `DURATION`"},
		&cli.DurationFlag{Name: "session-timeout", EnvVars: env("session-timeout"), Value: receive.DefaultSessionTimeout, Usage: "end a connection that has been open for this `DURATION`"},
	}
}

func accessFrom(c *cli.Context) (access failmail.Access, err error) {
	networks := listOf(c, "allow-net")
	outside := slices.DeleteFunc(networks, func(network string) bool { return network == unixNetwork })
	access.UnixSockets = len(outside) < len(networks)
	if access.Networks, err = parseNetworks("allow-net", outside); err != nil {
		return access, err
	}
	for _, pattern := range listOf(c, "allow-recipient") {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return access, &usageError{fmt.Sprintf("--allow-recipient %q is not a pattern: %v; use one such as .*@example\\.com", pattern, err)}
		}
		access.Recipients = append(access.Recipients, re)
	}
	if access.Rewrite, err = rewritesFrom(c); err != nil {
		return access, err
	}
	access.Authenticate, err = authenticatorFrom(c)
	return access, err
}

// unixNetwork stands in --allow-net for the Unix sockets.
const unixNetwork = "unix"

func parseNetworks(flag string, texts []string) (networks []netip.Prefix, err error) {
	for _, text := range texts {
		network, err := parseNetwork(text)
		if err != nil {
			return nil, &usageError{fmt.Sprintf("--%s %q is not a network; use one such as 10.0.0.0/8 or 192.0.2.7", flag, text)}
		}
		networks = append(networks, network)
	}
	return networks, nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if addr := prefix.Addr(); addr.Is4In6() && prefix.Bits() >= 96 {
		prefix = netip.PrefixFrom(addr.Unmap(), prefix.Bits()-96)
	}
	return prefix, err
}

func rewritesFrom(c *cli.Context) (rewrites []receive.Rewrite, err error) {
	add := func(flag, rule, pattern, replacement string) error {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return &usageError{fmt.Sprintf("--%s %q has a wrong pattern: %v; use PATTERN=REPLACEMENT such as .*=staging@example.com", flag, rule, err)}
		}
		rewrites = append(rewrites, receive.Rewrite{Pattern: re, Replacement: replacement})
		return nil
	}
	for _, rule := range listOf(c, "rewrite-recipient") {
		// A pattern seldom holds "=", a replacement never needs one.
		i := strings.LastIndexByte(rule, '=')
		if i <= 0 {
			return nil, &usageError{fmt.Sprintf("--rewrite-recipient %q has no \"=\"; use PATTERN=REPLACEMENT such as .*=staging@example.com", rule)}
		}
		if err := add("rewrite-recipient", rule, rule[:i], rule[i+1:]); err != nil {
			return nil, err
		}
	}
	if source := c.String("rewrite-src"); source != "" {
		if err := add("rewrite-src", source, source, c.String("rewrite-dest")); err != nil {
			return nil, err
		}
	}
	return rewrites, nil
}

// authenticatorFrom returns nil when no credentials are given.
func authenticatorFrom(c *cli.Context) (func(user, password string) bool, error) {
	passwords := receive.NewPasswords()
	for _, credentials := range listOf(c, "credentials") {
		user, password, found := strings.Cut(credentials, ":")
		if !found || user == "" || password == "" {
			// Not shown: it may be a password.
			return nil, &usageError{"--credentials is not USER:PASSWORD; use a user, a colon and a password"}
		}
		passwords.Add(user, password)
	}
	if file := c.String("credentials-file"); file != "" {
		if err := passwords.AddFile(file); err != nil {
			return nil, fmt.Errorf("--credentials-file: %w", err)
		}
	} else if len(listOf(c, "credentials")) == 0 {
		return nil, nil
	}
	return passwords.Check, nil
}

func tlsFrom(c *cli.Context, logger *slog.Logger) (*tls.Config, error) {
	certFile, keyFile := c.String("tls-cert"), c.String("tls-key")
	switch {
	case certFile == "" && keyFile == "":
		return nil, nil
	case certFile == "":
		return nil, &usageError{"--tls-key is given without --tls-cert; give both"}
	case keyFile == "":
		return nil, &usageError{"--tls-cert is given without --tls-key; give both"}
	}
	certificate, err := receive.LoadCertificate(certFile, keyFile, logger.With("component", "tls"))
	if err != nil {
		return nil, fmt.Errorf("--tls-cert: %w", err)
	}
	return certificate.Config(), nil
}
