package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/hut8labs/failmail/pkg/deliver"
)

var summary = deliver.Mail{
	From: "failmail@example.com", To: []string{"ops@example.com"}, MessageID: "1@example.com",
	Raw: []byte("Subject: 3 mails: disk full\r\nMessage-Id: <1@example.com>\r\n\r\n97%\r\n"),
}

// What an operator writes becomes a Sender.
func ExampleOpen() {
	relays, err := deliver.ParseRelays("debug")
	if err != nil {
		fmt.Println(err)
		return
	}
	sender, err := deliver.Open(relays, deliver.Options{Output: os.Stdout})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sender.Close()
	if err := sender.Send(context.Background(), &summary); err != nil {
		fmt.Println(err)
	}
	// Output:
	// ------------------------------------------------------------------------
	// MAIL FROM:<failmail@example.com>
	// RCPT TO:<ops@example.com>
	//
	// Subject: 3 mails: disk full
	// Message-Id: <1@example.com>
	//
	// 97%
	//
	// ------------------------------------------------------------------------
}

func ExampleParseRelay() {
	for _, text := range []string{"mail.example.com", "http://mail.example.com", "smtps://user@mail.example.com", "exec:/usr/sbin/sendmail -i"} {
		relay, err := deliver.ParseRelay(text)
		if err != nil {
			fmt.Println("no relay:", text)
			continue
		}
		fmt.Println(relay)
	}
	// Output:
	// smtp://mail.example.com:25
	// no relay: http://mail.example.com
	// smtps://user@mail.example.com:465
	// exec:/usr/sbin/sendmail -i
}

// A relay that must be encrypted, with a password that may change.
func ExamplePasswordFile() {
	sender := &deliver.SMTP{
		Addr: "mail.example.com:587",
		TLS:  deliver.TLS{Policy: deliver.TLSRequire},
		Auth: deliver.Auth{User: "failmail", Password: deliver.PasswordFile("/etc/failmail/password")},
	}
	defer sender.Close()
}

func ExamplePassword() {
	password, err := deliver.Password("secret")()
	fmt.Println(password, err)
	// Output: secret <nil>
}

// What a Sender says of an error decides what becomes of the summary.
func ExamplePermanent() {
	for _, err := range []error{
		errors.New("timeout"),                              // tried again
		deliver.Permanent(errors.New("no such mailbox")),   // to the fail-dir
		deliver.Throttled(errors.New("too many mails")),    // batches stay open
		deliver.Unreachable(errors.New("no route")),        // as well
		deliver.Uncertain(errors.New("no answer")),         // sent again as it is
		deliver.Misconfigured(errors.New("login refused")), // batches stay open until a setting is right
		deliver.TooLarge(errors.New("max 20000 bytes")),    // made again, smaller
	} {
		fmt.Println(deliver.IsPermanent(err), deliver.IsThrottled(err), deliver.IsUnreachable(err), deliver.IsUncertain(err), deliver.IsMisconfigured(err), deliver.IsTooLarge(err))
	}
	// Output:
	// false false false false false false
	// true false false false false false
	// false true false false false false
	// false false true false false false
	// false false false true false false
	// false false false false true false
	// false false false false false true
}

func ExampleSplitCommand() {
	words, err := deliver.SplitCommand(`notify --to "the ops" '$HOME'`)
	fmt.Printf("%q %v\n", words, err)
	// Output: ["notify" "--to" "the ops" "$HOME"] <nil>
}

// Retries are spread, so that several senders do not come back together.
func ExampleBackoff() {
	wait := deliver.Backoff(1)
	fmt.Println(wait.Seconds() >= 4 && wait.Seconds() <= 6)
	// Output: true
}

// Dial is for those who have more to say to a server than a mail.
func ExampleDial() {
	client, err := deliver.Dial(context.Background(), "mail.example.com:25")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	if err := client.Hello("mon1.example.com"); err != nil {
		fmt.Println(err)
	}
}
