package storm

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	end = time.Date(2026, time.March, 9, 3, 17, 42, 987654321, time.FixedZone("CET", 3600))

	sizes = []int{0, 1, 5, 6, 7, 20, 600, 1300}
)

func TestMailsAreAsManyAsAskedForAndTheSameEachTime(t *testing.T) {
	for _, n := range sizes {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			first := Mails(1, n, end)
			if len(first) != n {
				t.Fatalf("got %d mails, want %d", len(first), n)
			}
			if !reflect.DeepEqual(first, Mails(1, n, end)) {
				t.Error("a second call with the same arguments gave different mails")
			}
			if n > 0 && reflect.DeepEqual(first, Mails(2, n, end)) {
				t.Error("another seed gave the same mails")
			}
		})
	}
	if got := Mails(1, -1, end); len(got) != 0 {
		t.Errorf("got %d mails for a negative count", len(got))
	}
}

func TestEveryMailParsesAndHasTheHeadersOfARealOne(t *testing.T) {
	ids := make(map[string]bool)
	for i, m := range Mails(3, 600, end) {
		msg := parse(t, m)
		for _, name := range []string{"From", "To", "Date", "Message-Id", "Subject", "Mime-Version", "Content-Type"} {
			if got := msg.Header[name]; len(got) != 1 {
				t.Errorf("mail %d has %d headers %s, want one", i, len(got), name)
			}
		}
		if from, err := msg.Header.AddressList("From"); err != nil || from[0].Address != m.From {
			t.Errorf("mail %d: From is %v (%v), the envelope says %s", i, from, err, m.From)
		}
		if to, err := msg.Header.AddressList("To"); err != nil || !slices.EqualFunc(to, m.To, sameAddress) {
			t.Errorf("mail %d: To is %v (%v), the envelope says %v", i, to, err, m.To)
		}
		ids[msg.Header.Get("Message-Id")] = true
		if text(t, msg) == "" {
			t.Errorf("mail %d has no text", i)
		}
	}
	if len(ids) != 600 {
		t.Errorf("600 mails have %d different Message-IDs", len(ids))
	}
}

func TestDatesAscendWithinTheMinutesBeforeTheEnd(t *testing.T) {
	for _, n := range sizes {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			earliest := end.Add(-span - time.Second)
			previous := earliest
			for i, m := range Mails(4, n, end) {
				date, err := parse(t, m).Header.Date()
				if err != nil {
					t.Fatal(err)
				}
				if date.Before(previous) || date.After(end) {
					t.Errorf("mail %d is of %v, want one from %v to %v", i, date, previous, end)
				}
				previous = date
			}
			if n >= 600 && previous.Sub(earliest) < span*9/10 {
				t.Errorf("the last mail is of %v, far from the end at %v", previous, end)
			}
		})
	}
}

func TestEveryKindIsThereInItsShare(t *testing.T) {
	tests := []struct {
		name, subject, text string
		of600, of6          int
	}{
		{"the shop cannot reach its database", "[shop] ERROR in checkout", "psycopg2.OperationalError: ", 250, 1},
		{"the shop misses an order", "[shop] ERROR in checkout", "KeyError: 'order-", 70, 0},
		{"the payment service times out", "payment-service ERROR", "\nCaused by: java.net.SocketTimeoutException", 190, 1},
		{"the worker panics", "panic in worker: runtime error: index out of range", "\ngoroutine ", 75, 1},
		{"the backup fails", "Cron <root@db1> /usr/local/bin/backup.sh", "tar: ", 8, 1},
		{"the disk fills up", "** PROBLEM Service Alert: db1/Disk /var/lib/postgresql is CRITICAL **", "***** Nagios *****", 6, 1},
		{"payments fail", "Zahlungen: 3 Aufträge über 1.200 € fehlgeschlagen", "<td>Jürgen Müller</td>", 1, 1},
	}
	large, small := Mails(5, 600, end), Mails(5, 6, end)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := count(t, large, tt.subject, tt.text); got != tt.of600 {
				t.Errorf("%d of 600, want %d", got, tt.of600)
			}
			if got := count(t, small, tt.subject, tt.text); got != tt.of6 {
				t.Errorf("%d of 6, want %d", got, tt.of6)
			}
		})
	}
}

func TestSharesAddUpAndLeaveNoKindOut(t *testing.T) {
	for n := range 700 {
		counts := shares(n)
		sum := 0
		for i, c := range counts {
			sum += c
			if c == 0 && i < n {
				t.Errorf("of %d mails none is of kind %d", n, i)
			}
		}
		if sum != n {
			t.Errorf("the shares of %d mails add up to %d", n, sum)
		}
	}
}

func TestLinesEndInCRLFAndAreShortEnoughForSMTP(t *testing.T) {
	for i, m := range Mails(6, 600, end) {
		if !bytes.HasSuffix(m.Data, []byte("\r\n")) {
			t.Errorf("mail %d does not end in CRLF", i)
		}
		for line := range bytes.SplitSeq(m.Data, []byte("\r\n")) {
			if bytes.ContainsAny(line, "\r\n") {
				t.Errorf("mail %d has a bare CR or LF at %q", i, line)
			}
			if len(line) > 998 {
				t.Errorf("mail %d has a line of %d bytes", i, len(line))
			}
			if len(line) > 76 && bytes.Contains(line, []byte("=?utf-8")) {
				t.Errorf("mail %d has more than 76 bytes in a line with encoded words: %q", i, line)
			}
			if bytes.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
				t.Errorf("mail %d has a character outside ASCII at %q", i, line)
			}
		}
	}
}

func TestFourHostsWriteToThreeAddresses(t *testing.T) {
	for _, n := range []int{6, 600} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			hosts, recipients := make(map[string]bool), make(map[string]bool)
			for _, m := range Mails(7, n, end) {
				hosts[m.Helo] = true
				for _, to := range m.To {
					recipients[to] = true
				}
				if !strings.HasSuffix(m.From, "@"+m.Helo) {
					t.Errorf("%s sends as %s", m.Helo, m.From)
				}
			}
			if got, want := slices.Sorted(maps.Keys(hosts)), []string{db1, web1, web2, worker1}; !slices.Equal(got, want) {
				t.Errorf("hosts are %v, want %v", got, want)
			}
			if got, want := slices.Sorted(maps.Keys(recipients)), []string{dba, dev, ops}; !slices.Equal(got, want) {
				t.Errorf("recipients are %v, want %v", got, want)
			}
		})
	}
}

func TestChangingOneMailsRecipientsLeavesTheOthersAlone(t *testing.T) {
	Mails(8, 6, end)[0].To[0] = "changed@shop.example"
	for _, m := range Mails(8, 6, end) {
		if slices.Contains(m.To, "changed@shop.example") {
			t.Error("mails share their recipients with later calls")
		}
	}
}

func TestALetterIsWrittenWithItsFacts(t *testing.T) {
	letter := Letter{Template: "nagios_check.eml", Host: "mon1.shop.example", Sender: "nagios", To: []string{ops, dba}, Facts: map[string]string{
		"host": "db1", "service": "PostgreSQL", "address": "10.20.0.11", "state": "CRITICAL", "info": "connection refused", "well": "version 16.4"}}
	for over, want := range map[bool][2]string{
		false: {"** PROBLEM Service Alert: db1/PostgreSQL is CRITICAL **", "\nconnection refused\n"},
		true:  {"** RECOVERY Service Alert: db1/PostgreSQL is OK **", "\nversion 16.4\n"},
	} {
		letter.Over = over
		m := Write(letter, end, rand.New(rand.NewPCG(1, 2)))
		msg := parse(t, m)
		body := strings.ReplaceAll(text(t, msg), "\r\n", "\n")
		if msg.Header.Get("Subject") != want[0] || !strings.Contains(body, want[1]) || m.Helo != letter.Host || m.From != "nagios@mon1.shop.example" || !slices.Equal(m.To, letter.To) {
			t.Errorf("over %t: %+v\n%s", over, msg.Header, body)
		}
	}
	letter.Over = true
	delete(letter.Facts, "well")
	defer func() {
		if why := fmt.Sprint(recover()); !strings.Contains(why, `no fact "well"`) {
			t.Errorf("without a fact it says %s", why)
		}
	}()
	Write(letter, end, rand.New(rand.NewPCG(1, 2)))
}

func parse(t *testing.T, m Mail) *mail.Message {
	t.Helper()
	msg, err := mail.ReadMessage(bytes.NewReader(m.Data))
	if err != nil {
		t.Fatalf("%v in\n%s", err, m.Data)
	}
	return msg
}

// text returns the decoded text of the message or of its only part.
func text(t *testing.T, msg *mail.Message) string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	body := msg.Body
	if kind == "multipart/mixed" {
		// NextPart decodes quoted-printable by itself.
		if body, err = multipart.NewReader(body, params["boundary"]).NextPart(); err != nil {
			t.Fatal(err)
		}
	} else if msg.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		body = quotedprintable.NewReader(body)
	}
	decoded, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(decoded)
}

func count(t *testing.T, mails []Mail, subject, part string) int {
	t.Helper()
	found := 0
	for _, m := range mails {
		msg := parse(t, m)
		decoded, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(decoded, subject) && strings.Contains(text(t, msg), part) {
			found++
		}
	}
	return found
}

func sameAddress(a *mail.Address, address string) bool { return a.Address == address }
