package receive

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

func hashOf(t *testing.T, password string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	// htpasswd writes 2y for what is 2a here.
	return strings.Replace(string(hash), "$2a$", "$2y$", 1)
}

func writeFile(t *testing.T, content string) (name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "htpasswd")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestPasswords(t *testing.T) {
	p := NewPasswords()
	p.Add("clear", "pass:word")
	p.Add("other", "else")
	p.Add("both", "mine")
	file := "# made by htpasswd -B\n\n  hashed:" + hashOf(t, "geheim") + "\r\nlong:" + hashOf(t, strings.Repeat("x", 70)) + "\nboth:" + hashOf(t, "theirs") + "\n"
	if err := p.AddFile(writeFile(t, file)); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, user, password string
		want                 bool
	}{
		{"a clear password", "clear", "pass:word", true},
		{"a wrong clear password", "clear", "pass", false},
		{"another user's clear password", "clear", "else", false},
		{"an empty password for a clear one", "clear", "", false},
		{"a longer clear password", "clear", "pass:word1", false},
		{"a hashed password", "hashed", "geheim", true},
		{"a wrong hashed password", "hashed", "Geheim", false},
		{"an empty password for a hashed one", "hashed", "", false},
		{"the hash itself as password", "hashed", string(p.hashed["hashed"]), false},
		{"a long hashed password", "long", strings.Repeat("x", 70), true},
		{"a long hashed password cut short", "long", strings.Repeat("x", 69), false},
		{"an unknown user", "nobody", "geheim", false},
		{"a user in other capitals", "Hashed", "geheim", false},
		{"an empty user", "", "", false},
		{"a comment as user", "# made by htpasswd -B", "", false},
		{"the clear password of a user with both", "both", "mine", true},
	}
	for range 2 { // what is remembered changes nothing
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				if got := p.Check(tt.user, tt.password); got != tt.want {
					t.Errorf("Check = %v", got)
				}
			})
		}
	}
	if NewPasswords().Check("clear", "pass:word") {
		t.Error("an empty set admits somebody")
	}
}

func TestRememberedSuccessStillChecksThePassword(t *testing.T) {
	p := NewPasswords()
	if err := p.AddFile(writeFile(t, "user:"+hashOf(t, "right")+"\nother:"+hashOf(t, "right")+"\n")); err != nil {
		t.Fatal(err)
	}
	if p.Check("user", "wrong") || len(p.right) != 0 {
		t.Error("a wrong password was taken or remembered")
	}
	if !p.Check("user", "right") || len(p.right) != 1 {
		t.Fatal("a right password was not taken and remembered")
	}
	if strings.Contains(string(p.right["user"]), "right") {
		t.Error("the password is remembered in the clear")
	}
	// From here on only what is remembered can say yes.
	p.hashed["user"] = []byte(hashOf(t, "changed"))
	if !p.Check("user", "right") {
		t.Error("the right password was not remembered")
	}
	for _, wrong := range []string{"wrong", "", "righ", "right1", "RIGHT"} {
		if p.Check("user", wrong) {
			t.Errorf("%q was taken after a success", wrong)
		}
	}
	p.hashed["other"] = []byte(hashOf(t, "changed"))
	if p.Check("other", "right") {
		t.Error("one user's success counts for another")
	}
}

func TestPasswordsFromManyConnections(t *testing.T) {
	p := NewPasswords()
	if err := p.AddFile(writeFile(t, "user:"+hashOf(t, "right")+"\n")); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			password := []string{"right", "wrong"}[i%2]
			if got := p.Check("user", password); got != (password == "right") {
				t.Errorf("Check with %q = %v", password, got)
			}
		})
	}
	wg.Wait()
}

func TestBadCredentialsFile(t *testing.T) {
	good := "user:" + hashOf(t, "x") + "\n"
	tests := []struct{ name, content, line string }{
		{"a password in the clear", "user:hunter2\n", "line 1"},
		{"no colon", good + "\n# comment\nhunter2\n", "line 4"},
		{"no user", good + ":" + hashOf(t, "hunter2"), "line 2"},
		{"an MD5 hash", good + "u:$apr1$hunter2$x\n", "line 2"},
		{"an empty hash", "user:\n", "line 1"},
		{"a hash cut short", good + "u:" + hashOf(t, "x")[:30] + "\n", "line 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := writeFile(t, tt.content)
			err := NewPasswords().AddFile(name)
			if err == nil {
				t.Fatal("the file was taken")
			}
			for _, want := range []string{name, tt.line + " ", "htpasswd -B"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q tells the password or is not one line", err)
			}
		})
	}
	t.Run("a file that is missing", func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "missing")
		if err := NewPasswords().AddFile(name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("AddFile = %v", err)
		}
	})
}

// counted makes p count its work with bcrypt, in units of the cheapest.
func counted(p *Passwords) *atomic.Int64 {
	var work atomic.Int64
	p.compare = func(hash, password []byte) error {
		cost, err := bcrypt.Cost(hash)
		if err != nil {
			return err
		}
		work.Add(1 << (cost - bcrypt.MinCost))
		return bcrypt.CompareHashAndPassword(hash, password)
	}
	return &work
}

func TestAWrongPasswordCostsTheSameForEachUserAndForNone(t *testing.T) {
	costing := func(cost int) string {
		hash, err := bcrypt.GenerateFromPassword([]byte("right"), cost)
		if err != nil {
			t.Fatal(err)
		}
		return string(hash)
	}
	tests := []struct {
		name, file string
		clear      bool
		want       int64
	}{
		{"a file", "user:" + costing(5) + "\n", false, 2},
		{"a file with several costs", "user:" + costing(6) + "\nlow:" + costing(4) + "\nmiddle:" + costing(5) + "\n", false, 4},
		{"a file and passwords in the clear", "user:" + costing(5) + "\n", true, 2},
		{"passwords in the clear alone", "", true, 0},
		{"nobody at all", "", false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := NewPasswords()
			if err := p.AddFile(writeFile(t, tt.file)); err != nil {
				t.Fatal(err)
			}
			if tt.clear {
				p.Add("clear", "right")
			}
			work := counted(p)
			for _, user := range []string{"user", "low", "middle", "clear", "nobody", ""} {
				for _, password := range []string{"wrong", "", strings.Repeat("x", 100)} {
					work.Store(0)
					if p.Check(user, password) {
						t.Errorf("%s was admitted with %q", user, password)
					}
					if got := work.Load(); got != tt.want {
						t.Errorf("%q for %q cost %d, want %d", password, user, got, tt.want)
					}
				}
			}
		})
	}
}

func TestADummyIsAHashLikeOthers(t *testing.T) {
	for _, cost := range []int{bcrypt.MinCost, bcrypt.MinCost + 1} {
		if err := bcrypt.CompareHashAndPassword(dummy(cost), []byte("x")); err != bcrypt.ErrMismatchedHashAndPassword {
			t.Errorf("cost %d: %v", cost, err)
		}
		if got, err := bcrypt.Cost(dummy(cost)); got != cost {
			t.Errorf("cost %d is %d, %v", cost, got, err)
		}
	}
}

func TestManyConnectionsOfAProgramCostOneHash(t *testing.T) {
	p := NewPasswords()
	if err := p.AddFile(writeFile(t, "user:"+hashOf(t, "right")+"\n")); err != nil {
		t.Fatal(err)
	}
	work, begin := counted(p), make(chan struct{})
	var connections sync.WaitGroup
	for range 20 {
		connections.Go(func() {
			<-begin
			if !p.Check("user", "right") {
				t.Error("a right password was refused")
			}
		})
	}
	close(begin)
	connections.Wait()
	if got := work.Load(); got > int64(cap(p.running)) {
		t.Errorf("20 logins cost %d hashes on %d cores", got, cap(p.running))
	}
}

func TestHashesAreBoundedToTheCores(t *testing.T) {
	p := NewPasswords()
	if err := p.AddFile(writeFile(t, "user:"+hashOf(t, "right")+"\n")); err != nil {
		t.Fatal(err)
	}
	var running, most atomic.Int64
	compare := p.compare
	p.compare = func(hash, password []byte) error {
		most.Store(max(most.Load(), running.Add(1)))
		defer running.Add(-1)
		return compare(hash, password)
	}
	var guessers sync.WaitGroup
	for range 40 {
		guessers.Go(func() { p.Check("user", "wrong"); p.Check("nobody", "wrong") })
	}
	guessers.Wait()
	if got := most.Load(); got > int64(runtime.GOMAXPROCS(0)) {
		t.Errorf("%d hashes at once", got)
	}
}
