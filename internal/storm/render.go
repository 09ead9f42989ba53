package storm

import (
	"bytes"
	"embed"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"strings"
	"text/template"
)

//go:embed templates
var files embed.FS

// encoded holds the bodies that a mail contains in quoted-printable. They are
// apart from the mails because a template function that executes a template
// cannot belong to the set it executes.
var encoded = template.Must(template.ParseFS(files, "templates/*.txt", "templates/*.html"))

var messages = template.Must(template.New("messages").Funcs(template.FuncMap{
	"quotedPrintable": quotedPrintable,
	"encodedWord":     encodedWord,
}).ParseFS(files, "templates/*.head", "templates/*.eml"))

// render writes a mail with CRLF line ends. It panics if the template fails:
// templates are part of the program, so there is nothing a caller could do.
func render(name string, s *scene) []byte {
	var mail bytes.Buffer
	if err := messages.ExecuteTemplate(&mail, name, s); err != nil {
		panic(fmt.Sprintf("storm: template %s: %v", name, err))
	}
	return bytes.ReplaceAll(mail.Bytes(), []byte("\n"), []byte("\r\n"))
}

// quotedPrintable returns the body of that name encoded, with the line ends of
// the templates and, as they do, leaving the last one to the place of use.
func quotedPrintable(name string, s *scene) (string, error) {
	var text strings.Builder
	w := quotedprintable.NewWriter(&text)
	if err := encoded.ExecuteTemplate(w, name, s); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	body := strings.ReplaceAll(text.String(), "\r\n", "\n")
	return strings.TrimSuffix(body, "\n"), nil
}

// encodedWord returns a piece of a header value per RFC 2047. Dividing a value
// into pieces is up to the template, which knows what else is on the line.
func encodedWord(piece string) string {
	return mime.QEncoding.Encode("utf-8", piece)
}
