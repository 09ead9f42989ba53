package receive_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/smtp"
	"os"

	"github.com/hut8labs/failmail/pkg/receive"
)

// A server that prints what it gets. The client is told 250 when the Handler has
// returned nil.
func ExampleNewServer() {
	handler := receive.HandlerFunc(func(_ context.Context, m *receive.Message) error {
		fmt.Println(m.From, m.To, m.Subject())
		return nil
	})
	server := receive.NewServer(handler, receive.Options{Hostname: "mx.example.com"})
	listeners, err := receive.Listen(context.Background(), "localhost:0") // 127.0.0.1 and ::1
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range listeners {
		go server.Serve(l)
	}
	mail := []byte("Subject: disk full\r\n\r\n97%\r\n")
	if err := smtp.SendMail(listeners[0].Addr().String(), nil, "app@example.com", []string{"root"}, mail); err != nil {
		fmt.Println(err)
	}
	fmt.Println(server.Shutdown(context.Background()), server.Stats().Mails)
	// Output:
	// app@example.com [root] disk full
	// <nil> 1
}

func ExampleParseEndpoint() {
	for _, text := range []string{"localhost:2525", "smtps://mx.example.com:465", "lmtp+unix:/run/failmail/lmtp", "localhost"} {
		e, err := receive.ParseEndpoint(text)
		fmt.Println(e, e.Loopback(), err != nil)
	}
	// Output:
	// localhost:2525 true false
	// smtps://mx.example.com:465 false false
	// lmtp+unix:/run/failmail/lmtp true false
	//  false true
}

// A socket that another process has opened, here a parent that passed it as file 3.
func ExampleInherit() {
	l, err := receive.Inherit(os.NewFile(3, "socket"), receive.Endpoint{TLS: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(receive.EndpointOf(l))
}

// A listener of your own speaks SMTP.
func ExampleEndpointOf() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	e := receive.EndpointOf(l)
	fmt.Println(e.Network, e.TLS, e.LMTP)
	// Output: tcp false false
}

// The certificate follows its files.
func ExampleLoadCertificate() {
	certificate, err := receive.LoadCertificate("cert.pem", "key.pem", slog.Default())
	if err != nil {
		fmt.Println(err)
		return
	}
	server := receive.NewServer(receive.HandlerFunc(func(context.Context, *receive.Message) error { return nil }),
		receive.Options{TLS: certificate.Config()})
	defer server.Shutdown(context.Background())
}

func ExampleNewPasswords() {
	users := receive.NewPasswords()
	users.Add("app", "secret")
	fmt.Println(users.Check("app", "secret"), users.Check("app", "Secret"), users.Check("root", ""))
	// Output: true false false
}
