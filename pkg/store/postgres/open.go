// Package postgres keeps batches and outbox in a PostgreSQL database, for when one
// machine is not enough: any number of nodes share it. Each mail is counted once,
// each batch and each summary is with one node at a time, and no node leads.
//
//	s, err := postgres.Open(ctx, "postgres://failmail@db.example.com/failmail", store.Limits{})
//	if err != nil {
//		return err
//	}
//	defer s.Close()
//	p, err := failmail.New(failmail.Config{Store: s})
//
// Record is one statement, and its mails are durable when it returns nil. When it
// fails, nothing was recorded. If the connection is lost between COMMIT and its
// answer, it is made again on another one, under the same ID, so that it counts once;
// only when the server does not answer then either, nobody knows. Record then returns
// store.ErrInDoubt, the client gets no 250 and sends the mail again, and it is counted
// twice if the commit had happened after all.
//
// The other methods are not made again: a Claim without an answer comes up again when
// its lease has run out, a Seal or Reopen made twice fails with store.ErrNotClaimed, a
// Finish made twice is no error. A Store is safe for concurrent use.
package postgres

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/hut8labs/failmail/internal/journal"
	"github.com/hut8labs/failmail/pkg/store"
)

const (
	// connectTimeout lets a client be told to come back before it gives up.
	connectTimeout = 5 * time.Second
	// callTimeout bounds a call whose server does not answer. It is far below the
	// ten minutes that a client waits for its 250 (RFC 5321, 4.5.3.2.6).
	callTimeout = 30 * time.Second
	// maxConnections is enough for one committer, the loops and a few readers; the
	// database is what they would wait for, however many there are.
	maxConnections = 4
)

// Store is a store.Store in a PostgreSQL database. It is safe for concurrent use,
// also by several processes. It survives the loss of connections and restarts of
// the server: calls fail meanwhile, and work again afterwards.
//
// Times come from the nodes, since due times belong to the mails and leases to
// those who hold them. A node whose clock is ahead by some seconds claims batches
// as many seconds too early, and takes over what another node holds if it is ahead
// by more than is left of the lease. A batch that two nodes hold is sealed by one
// of them; the other one's Seal fails. A summary that two nodes hold is sent by
// both, under the same Message-ID. A node whose clock is behind comes late.
// Leases are minutes, so clocks kept by NTP make neither happen.
type Store struct {
	limits   store.Limits
	pool     *pgxpool.Pool
	clock    serverClock
	overview overview
	backlog  atomic.Int64  // bytes that this node has added to the journal
	hurried  chan struct{} // when it should be settled

	stop context.CancelFunc // of keepUpToDate
	done chan struct{}      // when it has ended

	mu     sync.RWMutex // held for reading by each call
	closed bool
}

var _ store.Store = (*Store)(nil)

// Open connects to the database that url names, as libpq does: a URL such as
// postgres://failmail@db.example.com/failmail?sslmode=verify-full, or keywords and
// values. PGPASSWORD and the like are looked up in the environment, and passwords
// in ~/.pgpass. Of several hosts, one that can be written to is taken.
// pool_max_conns bounds the connections; the default is 4.
//
// Open creates the tables, or brings them up to date, in the first schema of the
// search path. What other nodes have leased it leaves alone. Errors are *OpenError.
func Open(ctx context.Context, url string, limits store.Limits) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, unreadable()
	}
	// A hot standby refuses every write, so one is never what is wanted.
	if config.ConnConfig.ValidateConnect == nil {
		config.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	config.ConnConfig.ConnectTimeout = cmp.Or(config.ConnConfig.ConnectTimeout, connectTimeout)
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "failmail"
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = maxConnections
	}
	s := &Store{
		limits: limits.WithDefaults(), clock: serverClock{start: time.Now()},
		overview: overview{batches: make(map[journal.Key]*openBatch), news: make(map[journal.Key]bool)},
		hurried:  make(chan struct{}, 1), done: make(chan struct{}),
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, openError(config.ConnConfig, err)
	}
	preparing, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := s.prepare(preparing); err != nil {
		s.pool.Close()
		return nil, openError(config.ConnConfig, err)
	}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	go s.keepUpToDate(ctx)
	return s, nil
}

func (s *Store) prepare(ctx context.Context) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var encoding string
	var now time.Time
	if err := conn.QueryRow(ctx, "SELECT current_setting('server_encoding'), clock_timestamp()").Scan(&encoding, &now); err != nil {
		return err
	}
	s.clock.learn(now)
	if encoding != "UTF8" {
		return &encodingError{encoding}
	}
	if err := migrate(ctx, conn.Conn()); err != nil {
		return err
	}
	return checkRights(ctx, conn.Conn())
}

// Close waits for the calls in progress and closes the connections.
func (s *Store) Close() error {
	s.stop()
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		s.pool.Close()
	}
	return nil
}

// isCode reports whether the server answered with one of the SQLSTATEs.
func isCode(err error, codes ...string) bool {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return false
	}
	for _, code := range codes {
		if strings.HasPrefix(refused.Code, code) {
			return true
		}
	}
	return false
}
