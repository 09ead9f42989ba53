package receive

import (
	"net/netip"
	"regexp"

	"github.com/hut8labs/failmail/internal/envelope"
)

// Access says who may send what. The zero value lets in this machine only:
// clients on loopback and Unix sockets, with any recipients.
type Access struct {
	// Networks are the clients that may send without credentials.
	Networks []netip.Prefix
	// UnixSockets lets clients on Unix sockets send without credentials, where
	// the permissions of the socket's file say who may. Only needed with
	// Authenticate.
	UnixSockets bool
	// Authenticate checks a user's password. When it is set, every client
	// outside of Networks must authenticate, those on loopback too. It is
	// called concurrently.
	Authenticate func(user, password string) bool
	// Recipients, when there are any, are the only recipients that are taken,
	// matched against the whole address after Rewrite. They also open the
	// server to clients from anywhere.
	Recipients []*regexp.Regexp
	// Rewrite replaces recipients, in order.
	Rewrite []Rewrite

	whole []*regexp.Regexp // Recipients, each for the whole address
}

// anchored prepares a for use. Without anchors, the first match of a pattern may
// be a part of an address of which another match is the whole.
func (a Access) anchored() Access {
	a.whole = nil
	for _, r := range a.Recipients {
		a.whole = append(a.whole, regexp.MustCompile(`\A(?:`+r.String()+`)\z`)) // r was compiled before
	}
	return a
}

// A Rewrite replaces what Pattern matches in a recipient by Replacement, which
// may refer to groups as in regexp.Regexp.ReplaceAllString.
type Rewrite struct {
	Pattern     *regexp.Regexp
	Replacement string
}

// Open reports whether clients on other machines may send.
func (a Access) Open() bool {
	return len(a.Networks) > 0 || a.Authenticate != nil || len(a.Recipients) > 0
}

// admits returns why a client may not send; nil if it may. client is not valid
// for a Unix socket.
func (a Access) admits(client netip.Addr, authenticated bool) *Refusal {
	for _, network := range a.Networks {
		if network.Contains(client) {
			return nil
		}
	}
	switch {
	case authenticated, a.UnixSockets && !client.IsValid():
		return nil
	case a.Authenticate != nil:
		return &Refusal{530, [3]int{5, 7, 0}, "Authentication required"}
	case len(a.Recipients) > 0, !client.IsValid(), client.IsLoopback():
		return nil
	}
	return &Refusal{550, [3]int{5, 7, 1}, "Client " + client.String() + " may not send here; ask the operator of this server to allow it"}
}

// recipient returns the address that a recipient stands for, or why it is not
// taken.
func (a Access) recipient(address string) (string, *Refusal) {
	for _, r := range a.Rewrite {
		address = r.Pattern.ReplaceAllString(address, r.Replacement)
	}
	problem := envelope.Problem(address)
	if address == "" {
		problem = "is empty"
	}
	if problem != "" {
		if len(a.Rewrite) > 0 {
			problem += ", as it was rewritten here"
		}
		return "", &Refusal{553, [3]int{5, 1, 3}, "The recipient's address " + problem}
	}
	if len(a.Recipients) == 0 {
		return address, nil
	}
	for _, allowed := range a.whole {
		if allowed.MatchString(address) {
			return address, nil
		}
	}
	return "", &Refusal{550, [3]int{5, 7, 1}, "Recipient <" + address + "> is not one that this server takes mail for"}
}
