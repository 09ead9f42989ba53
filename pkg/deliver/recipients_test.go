package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/deliver"
)

// numbered returns n addresses.
func numbered(n int) (addresses []string) {
	for i := range n {
		addresses = append(addresses, fmt.Sprintf("u%05d@x", i))
	}
	return addresses
}

// served returns the recipients that a relay has the mail for, those of each
// transaction.
func served(peer *testutil.Peer) (transactions [][]string) {
	for _, m := range peer.Mails() {
		transactions = append(transactions, m.To)
	}
	return transactions
}

func TestARelayThatTakesFewRecipientsAtATimeGetsAllOfThemAtOnce(t *testing.T) {
	for _, tt := range []struct {
		name                string
		config              testutil.Config
		limits              deliver.Limits
		recipients          int
		transactions, conns int
		tooMany             int // replies of that kind
	}{
		{"452 4.5.3", testutil.Config{Recipients: 3}, deliver.Limits{}, 10, 4, 1, 3},
		{"452 without an enhanced code", testutil.Config{Recipients: 3, Script: testutil.Script{"too many": "452 too many"}}, deliver.Limits{}, 10, 4, 1, 3},
		{"552 of older servers", testutil.Config{Recipients: 3, Script: testutil.Script{"too many": "552 too many"}}, deliver.Limits{}, 10, 4, 1, 3},
		{"552 5.5.3", testutil.Config{Recipients: 3, Script: testutil.Script{"too many": "552 5.5.3 too many"}}, deliver.Limits{}, 10, 4, 1, 3},
		{"over LMTP", testutil.Config{Recipients: 3, LMTP: true}, deliver.Limits{}, 10, 4, 1, 3},
		{"a bound that it declares is never met", testutil.Config{Recipients: 3, Extensions: []string{"LIMITS MAILMAX=20 RCPTMAX=3"}}, deliver.Limits{}, 10, 4, 1, 0},
		{"a bound that it declares in vain", testutil.Config{Recipients: 3, Extensions: []string{"LIMITS RCPTMAX=none"}}, deliver.Limits{}, 10, 4, 1, 3},
		{"without a bound there is one of ours", testutil.Config{}, deliver.Limits{}, 2001, 3, 1, 0},
		{"few mails over a connection", testutil.Config{Recipients: 1}, deliver.Limits{MaxMails: 2}, 5, 5, 3, 4},
		{"it hangs up after a transaction", testutil.Config{Recipients: 2, Script: testutil.Script{"MAIL#2": testutil.Drop}}, deliver.Limits{}, 4, 2, 2, 1},
		{"it ends the connection after a transaction with 421", testutil.Config{Recipients: 2, Script: testutil.Script{"MAIL#2": "421 4.7.0 enough"}}, deliver.Limits{}, 4, 2, 2, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			peer := testutil.Start(t, tt.config)
			sender := &deliver.SMTP{Addr: peer.Addr, LMTP: tt.config.LMTP, Limits: tt.limits}
			to := numbered(tt.recipients)
			if err := sender.Send(t.Context(), &deliver.Mail{From: "f@x", To: to, Raw: []byte("Subject: s\r\n\r\n")}); err != nil {
				t.Fatal(err)
			}
			got := served(peer)
			if all := slices.Concat(got...); !slices.Equal(all, to) {
				t.Errorf("%d recipients have it, not each of the %d once", len(all), len(to))
			}
			if len(got) != tt.transactions || peer.Connections() != tt.conns {
				t.Errorf("%d transactions over %d connections, want %d over %d", len(got), peer.Connections(), tt.transactions, tt.conns)
			}
			offered := 0
			for _, command := range peer.Commands() {
				if strings.HasPrefix(command, "RCPT") {
					offered++
				}
			}
			if offered != tt.recipients+tt.tooMany {
				t.Errorf("it offers %d recipients, want %d and %d again", offered, tt.recipients, tt.tooMany)
			}
		})
	}
}

func TestWhatIsNotServedIsSaidOfThoseRecipientsOnly(t *testing.T) {
	for _, tt := range []struct {
		name   string
		config testutil.Config
		served int // of 6
		want   fate
	}{
		{"the second MAIL is deferred", testutil.Config{Recipients: 2, Script: testutil.Script{"MAIL#2": "451 4.3.0 later"}}, 2, temporary},
		{"the second DATA is refused", testutil.Config{Recipients: 2, Script: testutil.Script{"DATA#2": "554 5.7.1 no"}}, 2, permanent},
		{"the connection breaks in the second", testutil.Config{Recipients: 2, Script: testutil.Script{"DATA#2": testutil.Drop}}, 2, temporary},
		{"a further greeting turns us away", testutil.Config{Recipients: 2, Script: testutil.Script{"MAIL#2": testutil.Drop, "EHLO#2": "554 5.7.1 no"}}, 2, temporary},
		{"no more this hour", testutil.Config{Recipients: 2, Script: testutil.Script{"RCPT#4": "452 4.5.3 no more this hour"}}, 2, temporary},
		{"no more this hour, as 552", testutil.Config{Recipients: 2, Script: testutil.Script{"RCPT#4": "552 5.5.3 no more this hour"}}, 2, temporary},
		{"a mailbox is full", testutil.Config{Script: testutil.Script{"RCPT#4": "452 4.2.2 full"}}, 5, temporary},
		{"a mailbox is full for good", testutil.Config{Script: testutil.Script{"RCPT#4": "552 5.2.2 full"}}, 5, permanent},
		{"a mailbox is full, without an enhanced code", testutil.Config{Script: testutil.Script{"RCPT TO:<u00003@x>": "452 full"}}, 5, temporary},
		{"the second mailbox is full over LMTP, and there are too many", testutil.Config{LMTP: true, Recipients: 3, Script: testutil.Script{"end u00001@x": "452 4.2.2 full"}}, 5, temporary},
	} {
		t.Run(tt.name, func(t *testing.T) {
			peer := testutil.Start(t, tt.config)
			sender := &deliver.SMTP{Addr: peer.Addr, LMTP: tt.config.LMTP}
			err := sender.Send(t.Context(), &deliver.Mail{From: "f@x", To: numbered(6), Raw: []byte("Subject: s\r\n\r\n")})
			refused, ok := errors.AsType[*deliver.RefusedError](err)
			if !ok || len(refused.Refused) != 6-tt.served || fateOf(err) != tt.want {
				t.Fatalf("it is %s for %v, want %s for %d", fateOf(err), err, tt.want, 6-tt.served)
			}
			if all := slices.Concat(served(peer)...); !tt.config.LMTP && len(all) != tt.served {
				t.Errorf("the relay has it for %v", all)
			}
		})
	}
}

func TestARelayThatTakesNobodyIsNotAskedAgain(t *testing.T) {
	for _, reply := range []string{"452 4.5.3 too many", "552 5.5.3 too many"} {
		peer := testutil.Start(t, testutil.Config{Script: testutil.Script{"RCPT": reply}})
		sender := &deliver.SMTP{Addr: peer.Addr, Hostname: "me"}
		err := sender.Send(t.Context(), &deliver.Mail{From: "f@x", To: numbered(6), Raw: []byte("Subject: s\r\n\r\n")})
		refused, ok := errors.AsType[*deliver.RefusedError](err)
		if !ok || len(refused.Refused) != 6 || deliver.IsPermanent(refused.Refused["u00005@x"]) || !deliver.IsThrottled(err) {
			t.Errorf("%s: it says %v", reply, err)
		}
		want := []string{"EHLO me", "MAIL FROM:<f@x>", "RCPT TO:<u00000@x>", "QUIT"}
		if got := peer.Commands(); !slices.Equal(got, want) {
			t.Errorf("%s: it says %q, want %q", reply, got, want)
		}
	}
}

// A relay counts transactions.
func TestFurtherTransactionsCountForTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer := testutil.New(testutil.Config{Recipients: 1, Patience: time.Hour})
		sender := &deliver.SMTP{Addr: "relay.example.com:25", Dial: peer.Dial, Limits: deliver.Limits{Rate: 2}}
		start := time.Now()
		if err := sender.Send(t.Context(), &deliver.Mail{From: "f@x", To: numbered(5), Raw: []byte("Subject: s\r\n\r\n")}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 2*time.Minute {
			t.Errorf("5 transactions took %v, want 2m0s for 2 a minute", took)
		}
		peer.Wait()
	})
}

func TestASendThatIsCutShortSaysWhoHasTheMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer := testutil.New(testutil.Config{Recipients: 1, Patience: time.Hour})
		sender := &deliver.SMTP{Addr: "relay.example.com:25", Dial: peer.Dial, Limits: deliver.Limits{Rate: 2}}
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		err := sender.Send(ctx, &deliver.Mail{From: "f@x", To: numbered(5), Raw: []byte("Subject: s\r\n\r\n")})
		refused, ok := errors.AsType[*deliver.RefusedError](err)
		if !ok || len(refused.Refused) != 1 || refused.Refused["u00004@x"] == nil {
			t.Errorf("it says %v, want that the last one does not have it", err)
		}
		peer.Wait()
	})
}

func TestTheErrorOfManyRecipientsIsShort(t *testing.T) {
	own := func(address string) error { return errors.New("550 5.1.1 <" + address + ">: unknown") }
	many := errors.New("452 4.5.3 too many")
	refused := make(map[string]error)
	for i, address := range numbered(10_000) {
		refused[address] = many
		if i%100 == 0 {
			refused[address] = own(address)
		}
	}
	want := "refused for 9900 recipients, the first <u00001@x>: 452 4.5.3 too many; <u00000@x>: 550 5.1.1 <u00000@x>: unknown; " +
		"<u00100@x>: 550 5.1.1 <u00100@x>: unknown; <u00200@x>: 550 5.1.1 <u00200@x>: unknown; <u00300@x>: 550 5.1.1 <u00300@x>: unknown; " +
		"and 96 more recipients for other reasons"
	if got := (&deliver.RefusedError{Refused: refused}).Error(); got != want {
		t.Errorf("it says\n%s\nwant\n%s", got, want)
	}
}
