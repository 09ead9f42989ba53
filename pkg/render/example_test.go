package render_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"

	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

var (
	night  = time.Date(2026, time.March, 9, 3, 17, 0, 0, time.UTC)
	origin = render.Origin{From: "failmail@mon1.example", Hostname: "mon1.example"}
)

func diskFull() *render.Summary {
	b := &store.Batch{}
	b.Add(&store.Entry{
		Group: "disk full", Title: "disk full", Fingerprint: "v1:1", Host: "db1", Recipients: []string{"ops@shop.example"},
		Received: night, Sample: []byte("Subject: disk full\r\n\r\nno space left on sda\r\n"),
	}, store.Limits{}.WithDefaults())
	return render.NewSummary(b, origin, night.Add(time.Minute))
}

// The built-in renderer with another subject.
func ExampleNewStandard() {
	standard, err := render.NewStandard(render.Options{Subject: `{{.Count}} x {{.Top}}`, ReplyTo: "oncall@shop.example"})
	if err != nil {
		fmt.Println(err)
		return
	}
	mail, err := standard.Render(context.Background(), diskFull())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(message.New(mail.From, mail.To, mail.Raw).Subject())
	// Output: 1 x disk full
}

// A renderer of your own.
func ExampleRendererFunc() {
	short := render.RendererFunc(func(_ context.Context, s *render.Summary) (*message.Mail, error) {
		text := fmt.Sprintf("%s since %s", phrase.Count(s.Count, "mail"), s.First.Format(time.TimeOnly))
		return render.Notice(origin, s.To[0], s.Groups[0].Title, text, s.Last)
	})
	mail, err := short.Render(context.Background(), diskFull())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.TrimSpace(message.New(mail.From, mail.To, mail.Raw).Body()))
	// Output: 1 mail since 03:17:00
}

func ExampleForemost() {
	title, v := render.Foremost(&render.Summary{Groups: []render.Group{
		{Title: "login refused", Count: 400, News: render.News{State: render.Ongoing}},
		{Title: "disk full", Count: 2, News: render.News{State: render.New}},
	}})
	fmt.Println(v.News.State, title, v.Count)
	// Output: NEW disk full 2
}

func ExampleCount() {
	fmt.Println(phrase.Count(1, "mail"), "-", phrase.Count(1204, "mail"))
	// Output: 1 mail - 1,204 mails
}

func ExampleShorten() {
	fmt.Println(phrase.Shorten("connection to db1 refused", 17))
	// Output: connection to db…
}

// The built-in templates as a beginning for others.
func ExampleWriteTemplates() {
	parent, err := os.MkdirTemp("", "templates")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(parent)
	files, err := render.WriteTemplates(filepath.Join(parent, "mine"))
	for _, file := range files {
		fmt.Println(filepath.Base(file), err)
	}
	// Output:
	// summary.txt <nil>
	// summary.html <nil>
}

func ExampleNewRedactor() {
	secrets := render.NewRedactor(regexp.MustCompile(`CUST-[0-9]+`))
	fmt.Println(secrets.Text("password=hunter2 of CUST-4711"))
	// Output: password=[redacted] of [redacted]
}
