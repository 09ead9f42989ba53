package receive

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/crypto/bcrypt"
)

// Passwords know who may authenticate. They are safe for concurrent use.
type Passwords struct {
	clear   map[string][]byte // user to the keyed hash of the password
	hashed  map[string][]byte // user to bcrypt hash
	cost    int               // the highest of hashed; 0 if there are none
	running chan struct{}     // bounds bcrypt to the cores
	compare func(hash, password []byte) error

	// bcrypt takes a tenth of a second by design, too long for each connection
	// of a flood: a password that was right is remembered by its keyed hash.
	mu    sync.Mutex
	key   []byte
	right map[string][]byte
}

// NewPasswords returns an empty set, which admits nobody.
func NewPasswords() *Passwords {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	return &Passwords{
		clear: make(map[string][]byte), hashed: make(map[string][]byte),
		running: make(chan struct{}, runtime.GOMAXPROCS(0)), compare: bcrypt.CompareHashAndPassword,
		key: key, right: make(map[string][]byte),
	}
}

// Add admits user with password.
func (p *Passwords) Add(user, password string) { p.clear[user] = p.digest(user, password) }

// AddFile admits the users of an htpasswd file with bcrypt hashes, as made by
// "htpasswd -B": one "user:hash" on each line; empty lines and comments (#) are
// skipped.
func (p *Passwords) AddFile(name string) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read credentials: %w", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		user, hash, found := strings.Cut(line, ":")
		cost, err := bcrypt.Cost([]byte(hash))
		if !found || user == "" || err != nil {
			return fmt.Errorf("read credentials: %s, line %d is not \"user:bcrypt hash\"; make it with htpasswd -B", name, number)
		}
		p.hashed[user], p.cost = []byte(hash), max(p.cost, cost)
	}
	return lines.Err()
}

// Check reports whether password is user's. A wrong one takes the same time for
// each user, and for an unknown one: who measures it learns no names.
func (p *Passwords) Check(user, password string) bool {
	digest := p.digest(user, password)
	if p.isRight(user, digest) {
		return true
	}
	p.running <- struct{}{}
	defer func() { <-p.running }()
	if p.isRight(user, digest) { // by now: many connections of a program begin at once
		return true
	}
	var hash []byte
	if _, known := p.clear[user]; !known {
		hash = p.hashed[user]
	}
	if !p.matches(hash, []byte(password)) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.right[user] = digest
	return true
}

// isRight reports whether digest is that of a password known to be right.
func (p *Passwords) isRight(user string, digest []byte) bool {
	if right, known := p.clear[user]; known {
		return hmac.Equal(right, digest)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return hmac.Equal(p.right[user], digest)
}

// matches compares password with hash, which may be nil. Where it does not match,
// it has cost as much as the most expensive hash: each step of the cost doubles the
// work, so that those from c up to the highest make 2^c twice, then four times, and
// so on.
func (p *Passwords) matches(hash, password []byte) bool {
	if p.cost == 0 {
		return false // nobody's password takes any work
	}
	if hash == nil {
		p.compare(dummy(p.cost), password)
		return false
	}
	if p.compare(hash, password) == nil {
		return true
	}
	cost, _ := bcrypt.Cost(hash) // AddFile has read it
	for ; cost < p.cost; cost++ {
		p.compare(dummy(cost), password)
	}
	return false
}

// dummy returns a hash that nobody has.
func dummy(cost int) []byte {
	return fmt.Appendf(nil, "$2a$%02d$%s", cost, "abcdefghijklmnopqrstuu5Hn0ELkXkHVWdTZyXfvZ0RhrmzJ3Tb2")
}

func (p *Passwords) digest(user, password string) []byte {
	mac := hmac.New(sha256.New, p.key)
	fmt.Fprintf(mac, "%d:%s%s", len(user), user, password)
	return mac.Sum(nil)
}
