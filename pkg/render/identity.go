package render

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/hut8labs/failmail/pkg/store"
)

// messageID is drawn once for a summary and kept with it in the outbox, so that
// a receiver can drop a copy (RFC 5322 section 3.6.4).
func messageID(b *store.Batch, hostname string) string {
	return fmt.Sprintf("%d.%s@%s", b.First.UnixMilli(), strings.ToLower(rand.Text()[:16]), hostname)
}

// threadID is the same for all summaries with a batch key. No mail has it; mail
// readers put the mails that refer to it into one thread.
func threadID(key, hostname string) string {
	sum := sha256.Sum256([]byte(key))
	return fmt.Sprintf("batch.%s@%s", hex.EncodeToString(sum[:8]), hostname)
}
