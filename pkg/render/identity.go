package render

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

// messageID is drawn once for a summary and kept with it in the outbox, so that
// a receiver can drop a copy (RFC 5322 section 3.6.4).
func messageID(b *store.Batch, hostname string) string {
	return fmt.Sprintf("%d.%s@%s", b.First.UnixMilli(), strings.ToLower(rand.Text()[:16]), hostname)
}

// threadID is that of the thread which a summary begins. No mail has it; mail readers
// put the mails that refer to it into one thread.
func threadID(b *store.Batch, hostname string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", b.First.UnixMicro(), b.Key))
	return fmt.Sprintf("batch.%s@%s", hex.EncodeToString(sum[:8]), hostname)
}

// Continues reports whether s belongs to the incident of an earlier summary with its
// batch key, whose last mail came at last: an incident is over when no mail came for as
// long as an error has to be silent to be back.
func (s *Summary) Continues(last time.Time) bool { return s.First.Sub(last) < backAfter }
