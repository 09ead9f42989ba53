package message_test

import (
	"fmt"

	"github.com/hut8labs/failmail/pkg/message"
)

func ExampleNew() {
	m := message.New("app@example.com", []string{"ops@example.com"},
		[]byte("Subject: =?utf-8?q?Pl=C3=A4tte_voll?=\nContent-Type: text/html; charset=utf-8\n\n<p>97&nbsp;%</p>\n"))
	fmt.Println(m.Subject())
	fmt.Println(m.Body())
	// Output:
	// Plätte voll
	// 97 %
}

// A Message made by hand lacks what follows from its bytes.
func ExampleComplete() {
	byHand := &message.Message{To: []string{"ops@example.com"}, Raw: []byte("Subject: disk full\n\n97%\n")}
	m := message.Complete(byHand)
	fmt.Printf("%q %q %t\n", byHand.Subject(), m.Subject(), m.ID != "")
	// Output: "" "disk full" true
}

func ExampleNormalizeLines() {
	fmt.Printf("%q\n", message.NormalizeLines([]byte("one\ntwo\rthree\r\n")))
	// Output: "one\r\ntwo\r\nthree\r\n"
}
