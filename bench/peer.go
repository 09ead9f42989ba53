package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"
	"github.com/jackc/pgx/v5"
)

// A peer is a server to measure.
type peer struct {
	name    string
	about   string
	command func(folder, addr string) *exec.Cmd
	files   string // what of the folder is its store
}

// allPeers returns those that can run here.
func allPeers(self, failmail, postgres string) []peer {
	own := func(kind string) func(folder, addr string) *exec.Cmd {
		return func(folder, addr string) *exec.Cmd {
			cmd := exec.Command(self, "serve", kind, addr)
			cmd.Dir = folder
			return cmd
		}
	}
	proxy := func(store string) func(folder, addr string) *exec.Cmd {
		return func(folder, addr string) *exec.Cmd {
			cmd := exec.Command(failmail, "--bind="+addr, "--bind-http=", "--relay=exec:/bin/true", "--store="+store,
				"--wait=1h", "--max-wait=1h", "--log-level=error")
			cmd.Dir = folder
			return cmd
		}
	}
	peers := []peer{
		{"discard", "go-smtp that discards what it gets", own("discard"), ""},
		{"log", "go-smtp in front of one append-only file with group fsync", own("log"), "mails.log*"},
		{"failmail memory", "nothing on disk", proxy("memory:"), ""},
		{"failmail sqlite", "the default", proxy("sqlite:failmail.db"), "failmail.db*"},
	}
	if postgres != "" {
		peers = append(peers, peer{"failmail postgres", "one node", func(folder, addr string) *exec.Cmd {
			return proxy(freshSchema(postgres))(folder, addr)
		}, ""})
	}
	if p, ok := postfix(); ok {
		peers = append(peers, p)
	}
	return peers
}

// freshSchema returns the URL of a schema without tables, so that no turn adds to the
// open batch of another one.
func freshSchema(database string) string {
	conn, err := pgx.Connect(context.Background(), database)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), "DROP SCHEMA IF EXISTS failmail_bench CASCADE; CREATE SCHEMA failmail_bench"); err != nil {
		log.Fatal(err)
	}
	u, err := url.Parse(database)
	if err != nil {
		log.Fatal(err)
	}
	query := u.Query()
	query.Set("search_path", "failmail_bench")
	u.RawQuery = query.Encode()
	return u.String()
}

func choose(peers []peer, only string) []peer {
	if only == "" {
		return peers
	}
	names := strings.Split(only, ",")
	return slices.DeleteFunc(peers, func(p peer) bool { return !slices.Contains(names, p.name) })
}

// serve is the server of the kinds of our own.
func serve(kind, addr string) error {
	var sink io.Writer = io.Discard
	if kind == "log" {
		log, err := openLog("mails.log")
		if err != nil {
			return err
		}
		sink = log
	}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{sink}, nil }))
	s.Addr, s.Domain = addr, "bench.example"
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	return s.Serve(l)
}

type session struct{ sink io.Writer }

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s *session) Reset()                               {}
func (s *session) Logout() error                        { return nil }

func (s *session) Data(r io.Reader) error {
	if s.sink == io.Discard {
		_, err := io.Copy(io.Discard, r)
		return err
	}
	mail, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	_, err = s.sink.Write(mail)
	return err
}

// A groupLog is the least that a durable queue has to do: every Write returns
// after a sync, which it shares with the others that wait.
type groupLog struct {
	file *os.File

	mu      sync.Mutex
	synced  *sync.Cond
	written int64 // number of the last write
	durable int64 // number of the last write that is synced
	busy    bool
	err     error
}

func openLog(path string) (*groupLog, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	l := &groupLog{file: file}
	l.synced = sync.NewCond(&l.mu)
	return l, nil
}

func (l *groupLog) Write(mail []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.Write(mail); err != nil {
		return 0, err
	}
	l.written++
	mine := l.written
	for l.durable < mine && l.err == nil {
		if l.busy {
			l.synced.Wait()
			continue
		}
		l.busy = true
		upTo := l.written
		l.mu.Unlock()
		err := l.file.Sync()
		l.mu.Lock()
		l.busy, l.durable, l.err = false, upTo, err
		l.synced.Broadcast()
	}
	return len(mail), l.err
}

// postfix returns a private instance that takes mails into its queue and holds
// them there.
func postfix() (peer, bool) {
	if _, err := exec.LookPath("postfix"); err != nil || os.Getuid() != 0 {
		return peer{}, false
	}
	return peer{"postfix", "Debian's Postfix, mails held in its queue", func(folder, addr string) *exec.Cmd {
		_, port, _ := net.SplitHostPort(addr)
		script := fmt.Sprintf(postfixScript, folder, port)
		return exec.Command("/bin/sh", "-c", script)
	}, filepath.Join("queue", "hold", "*")}, true
}

const postfixScript = `set -e
dir=%s port=%s
chmod 755 $dir
mkdir -p $dir/etc $dir/queue $dir/data
cp /etc/postfix/dynamicmaps.cf $dir/etc/ 2>/dev/null || true
chown postfix $dir/data
cat > $dir/etc/main.cf <<END
compatibility_level = 3.6
queue_directory = $dir/queue
data_directory = $dir/data
myhostname = bench.example
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
smtpd_recipient_restrictions = check_recipient_access static:HOLD, permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
default_process_limit = 120
maillog_file = /dev/stdout
multi_instance_enable = no
END
cat > $dir/etc/master.cf <<END
127.0.0.1:$port inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
END
exec postfix -c $dir/etc start-fg >$dir/log 2>&1
`
