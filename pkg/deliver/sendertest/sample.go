package sendertest

import (
	"fmt"
	"strings"

	"github.com/hut8labs/failmail/pkg/deliver"
)

// sample returns a usual mail that id tells from others.
func sample(id string, to ...string) deliver.Mail {
	return deliver.Mail{
		From:      "failmail@example.com",
		To:        to,
		MessageID: id + "@example.com",
		Raw: []byte("From: failmail@example.com\r\nTo: " + strings.Join(to, ", ") + "\r\nSubject: summary " + id +
			"\r\nMessage-Id: <" + id + "@example.com>\r\n\r\nbody " + id + "\r\n"),
	}
}

type namedMail struct {
	name string
	mail deliver.Mail
}

// samples returns mails that a careless Sender damages.
func samples() []namedMail {
	body := func(text string) deliver.Mail {
		m := sample("1", "a@example.com")
		m.Raw = []byte("Subject: s\r\nMessage-Id: <1@example.com>\r\n\r\n" + text)
		return m
	}
	bounce := sample("1", "a@example.com")
	bounce.From = ""
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf("user%02d@example.com", i))
	}
	return []namedMail{
		{"a leading dot", body(".hidden\r\n..\r\n...three\r\n")},
		{"a line that is one dot", body("before\r\n.\r\nafter\r\n")},
		{"a dot as the first and only line", body(".\r\n")},
		{"quoted-printable with soft line breaks", body("caf=C3=A9 =\r\n=2E=3D=\r\n.\r\n")},
		{"UTF-8", body("Grüße, 警報, \U0001F525\r\n")},
		{"lines of 996 bytes", body(strings.Repeat(strings.Repeat("x", 996)+"\r\n", 3))},
		{"trailing spaces, tabs and empty lines", body(" a \r\n\tb\t\r\n\r\n\r\n")},
		{"a line that begins with From", body("From here on\r\n>From there\r\n")},
		{"a body that looks like commands", body("QUIT\r\nRCPT TO:<evil@example.com>\r\nDATA\r\n")},
		{"no body", body("")},
		{"a megabyte", body(strings.Repeat("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n", 1<<14))},
		{"the null reverse-path", bounce},
		{"a hundred recipients", sample("1", many...)},
	}
}
