package deliver_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/deliver"
)

func TestWhichRefusalsASmallerMailWouldNotMeet(t *testing.T) {
	for _, tt := range []struct {
		name     string
		config   testutil.Config
		tooLarge bool
	}{
		{"larger than the relay declares", testutil.Config{Extensions: []string{"SIZE 20"}}, true},
		{"as large as it declares", testutil.Config{Extensions: []string{"SIZE 30"}, Script: testutil.Script{"end": "554 5.7.1 no"}}, false},
		{"552 5.3.4 at MAIL", testutil.Config{Script: testutil.Script{"MAIL": "552 5.3.4 too big"}}, true},
		{"552 5.3.4 after the mail", testutil.Config{Script: testutil.Script{"end": "552 5.3.4 too big"}}, true},
		{"552 5.2.3 after the mail", testutil.Config{Script: testutil.Script{"end": "552 5.2.3 too big"}}, true},
		{"550 5.2.3 after the mail", testutil.Config{Script: testutil.Script{"end": "550 5.2.3 RESOLVER.RST.RecipSizeLimit"}}, true},
		{"552 after the mail", testutil.Config{Script: testutil.Script{"end": "552 too big"}}, true},
		{"552 5.2.3 for the only recipient", testutil.Config{Script: testutil.Script{"RCPT": "552 5.2.3 too big"}}, true},
		{"552 5.2.3 for one of two", testutil.Config{Script: testutil.Script{"RCPT TO:<b@x>": "552 5.2.3 too big"}}, true},
		{"552 5.2.3 over LMTP", testutil.Config{LMTP: true, Script: testutil.Script{"end": "552 5.2.3 too big"}}, true},
		{"552 for the only recipient", testutil.Config{Script: testutil.Script{"RCPT": "552 full"}}, false},
		{"552 5.2.2, a full mailbox", testutil.Config{LMTP: true, Script: testutil.Script{"end": "552 5.2.2 full"}}, false},
		{"552 5.7.0, an attachment", testutil.Config{Script: testutil.Script{"end": "552 5.7.0 no"}}, false},
		{"452 4.3.4, which may pass", testutil.Config{Script: testutil.Script{"end": "452 4.3.4 later"}}, false},
		{"554 5.7.1, the content", testutil.Config{Script: testutil.Script{"end": "554 5.7.1 no"}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			peer := testutil.Start(t, tt.config)
			m := to("a@x")
			if tt.name == "552 5.2.3 for one of two" {
				m = to("a@x", "b@x")
			}
			m.Raw = []byte("Subject: s\r\n\r\n1234567890123\r\n") // 29 bytes
			err := (&deliver.SMTP{Addr: peer.Addr, LMTP: tt.config.LMTP}).Send(t.Context(), m)
			if err == nil || deliver.IsTooLarge(err) != tt.tooLarge {
				t.Errorf("too large is %t of %v", deliver.IsTooLarge(err), err)
			}
		})
	}
}

func TestMaxSizeIsWhatTheRelayDeclaredLast(t *testing.T) {
	peer := testutil.Start(t, testutil.Config{Extensions: []string{"SIZE 20000"}})
	small := testutil.Start(t, testutil.Config{Extensions: []string{"SIZE 10000"}})
	silent := testutil.Start(t, testutil.Config{Extensions: []string{"SIZE"}})
	unbounded := testutil.Start(t, testutil.Config{Extensions: []string{"SIZE 0"}})
	sender := &deliver.SMTP{Addr: peer.Addr}
	if got := sender.MaxSize(); got != 0 {
		t.Errorf("before the first connection it is %d", got)
	}
	mustSend(t, sender)
	if got := sender.MaxSize(); got != 20000 {
		t.Errorf("it is %d, want 20000", got)
	}
	peer.Play(testutil.Script{"EHLO": "250-relay\r\n250 SIZE 30000"})
	mustSend(t, sender)
	if got := sender.MaxSize(); got != 30000 {
		t.Errorf("it is %d, want 30000", got)
	}
	other := &deliver.SMTP{Addr: small.Addr}
	mustSend(t, other)
	for _, addr := range []string{silent.Addr, unbounded.Addr} {
		without := &deliver.SMTP{Addr: addr}
		mustSend(t, without)
		failover := &deliver.Failover{Senders: []deliver.Sender{without, sender, &deliver.Debug{Output: &bytes.Buffer{}}, other}, SkipFor: time.Second}
		if without.MaxSize() != 0 || failover.MaxSize() != 10000 {
			t.Errorf("they are %d and %d, want 0 and the least of all, 10000", without.MaxSize(), failover.MaxSize())
		}
	}
}
