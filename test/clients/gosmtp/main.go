// Command gosmtp sends one mail with the standard library's net/smtp.
// SSL_CERT_FILE names the certificate that the server must show.
package main

import (
	"log"
	"mime"
	"net"
	"net/smtp"
	"os"
	"strings"
)

func main() {
	body, err := os.ReadFile(os.Getenv("BODY"))
	if err != nil {
		log.Fatal(err)
	}
	head := []string{
		"From: app@client.example",
		"To: ops@client.example",
		"Subject: " + mime.QEncoding.Encode("utf-8", os.Getenv("SUBJECT")),
		"MIME-Version: 1.0",
		"Content-Type: text/plain; charset=utf-8",
		"Content-Transfer-Encoding: 8bit",
		"", "",
	}
	host := os.Getenv("HOST")
	auth := smtp.PlainAuth("", os.Getenv("LOGIN"), os.Getenv("PASSWORD"), host)
	mail := append([]byte(strings.Join(head, "\r\n")), body...)
	err = smtp.SendMail(net.JoinHostPort(host, os.Getenv("PORT")), auth, "app@client.example", []string{"ops@client.example"}, mail)
	if err != nil {
		log.Fatal(err)
	}
}
