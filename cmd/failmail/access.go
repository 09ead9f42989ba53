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
	"github.com/hut8labs/failmail/internal/envelope"
	"github.com/hut8labs/failmail/pkg/receive"
)

// setAccess says who may send, and what.
func setAccess(c *cli.Context, config *failmail.Config) (err error) {
	access := &config.Access
	if config.TrustedProxies, err = parseNetworks("proxy-protocol-from", listOf(c, "proxy-protocol-from")); err != nil {
		return err
	}
	networks := listOf(c, "allow-net")
	outside := slices.DeleteFunc(networks, func(network string) bool { return network == unixNetwork })
	access.UnixSockets = len(outside) < len(networks)
	if access.Networks, err = parseNetworks("allow-net", outside); err != nil {
		return err
	}
	for _, text := range listOf(c, "allow-recipient") {
		pattern, err := envelope.ParsePattern(text)
		if err != nil {
			return &usageError{fmt.Sprintf("--allow-recipient %q is not a valid pattern: %v; use one such as *@example.com", text, err)}
		}
		access.Recipients = append(access.Recipients, pattern.Regexp())
	}
	if access.Rewrite, err = rewritesFrom(c); err != nil {
		return err
	}
	access.Authenticate, err = authenticatorFrom(c)
	return err
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
	for _, rule := range listOf(c, "rewrite-recipient") {
		// A pattern seldom holds "=", a replacement never needs one.
		i := strings.LastIndexByte(rule, '=')
		if i <= 0 {
			return nil, &usageError{fmt.Sprintf("--rewrite-recipient %q has no \"=\"; use PATTERN=REPLACEMENT such as *=staging@example.com", rule)}
		}
		pattern, err := envelope.ParsePattern(rule[:i])
		if err != nil {
			return nil, &usageError{fmt.Sprintf("--rewrite-recipient %q is not a valid pattern: %v; use PATTERN=REPLACEMENT such as *=staging@example.com", rule, err)}
		}
		replacement, err := pattern.Replacement(rule[i+1:])
		if err != nil {
			return nil, &usageError{fmt.Sprintf("--rewrite-recipient %q: %v; use one such as *@example.com=*@staging.example.com", rule, err)}
		}
		rewrites = append(rewrites, receive.Rewrite{Pattern: pattern.Regexp(), Replacement: replacement})
	}
	if source := c.String("rewrite-src"); source != "" { // a regular expression, and its replacement may hold "="
		re, err := regexp.Compile(source)
		if err != nil {
			return nil, &usageError{fmt.Sprintf("--rewrite-src %q is not a valid pattern: %v; use --rewrite-recipient PATTERN=REPLACEMENT such as *=staging@example.com", source, err)}
		}
		rewrites = append(rewrites, receive.Rewrite{Pattern: re, Replacement: c.String("rewrite-dest")})
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
			return nil, &usageError{"--credentials is not USER:PASSWORD; write a user, a colon and a password"}
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
		return nil, &usageError{"--tls-key needs --tls-cert; set both"}
	case keyFile == "":
		return nil, &usageError{"--tls-cert needs --tls-key; set both"}
	}
	certificate, err := receive.LoadCertificate(certFile, keyFile, logger.With("component", "tls"))
	if err != nil {
		return nil, fmt.Errorf("--tls-cert: %w", err)
	}
	return certificate.Config(), nil
}
