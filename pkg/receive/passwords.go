package receive

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"os"
	"strings"
	"sync"

	"golang.org/x/crypto/bcrypt"
)

// Passwords know who may authenticate. They are safe for concurrent use.
type Passwords struct {
	clear  map[string]string // user to password
	hashed map[string][]byte // user to bcrypt hash

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
		clear: make(map[string]string), hashed: make(map[string][]byte),
		key: key, right: make(map[string][]byte),
	}
}

// Add admits user with password.
func (p *Passwords) Add(user, password string) { p.clear[user] = password }

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
		if _, err := bcrypt.Cost([]byte(hash)); !found || user == "" || err != nil {
			return fmt.Errorf("read credentials: %s, line %d is not \"user:bcrypt hash\"; make it with htpasswd -B", name, number)
		}
		p.hashed[user] = []byte(hash)
	}
	return lines.Err()
}

// Check reports whether password is user's.
func (p *Passwords) Check(user, password string) bool {
	if right, known := p.clear[user]; known {
		return subtle.ConstantTimeCompare(p.digest(user, right), p.digest(user, password)) == 1
	}
	hash, known := p.hashed[user]
	if !known {
		return false
	}
	digest := p.digest(user, password)
	p.mu.Lock()
	remembered := p.right[user]
	p.mu.Unlock()
	if remembered != nil && subtle.ConstantTimeCompare(remembered, digest) == 1 {
		return true
	}
	if bcrypt.CompareHashAndPassword(hash, []byte(password)) != nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.right[user] = digest
	return true
}

func (p *Passwords) digest(user, password string) []byte {
	mac := hmac.New(sha256.New, p.key)
	fmt.Fprintf(mac, "%d:%s%s", len(user), user, password)
	return mac.Sum(nil)
}
