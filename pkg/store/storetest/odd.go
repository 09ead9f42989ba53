package storetest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func oddChecks() []check {
	return []check{
		{sentence: "any line of text is kept as it is, wherever it stands", run: oddText},
		{sentence: "keys that differ in case, space or normal form are different", run: oddDistinct},
		{sentence: "any bytes are kept as a sample", limits: store.Limits{SampleBytes: 2 << 20}, run: oddSamples},
		{sentence: "recipients that are not UTF-8 are kept as received", run: oddRecipients},
		{sentence: "any bytes are kept as the mail of a summary", run: oddMails},
		{sentence: "a thousand recipients of one mail are kept", run: oddManyRecipients},
		{sentence: "years far off are kept", run: oddYears},
	}
}

func oddText(t *testing.T, s *subject) {
	for _, text := range []string{
		"", " ", "NULL", "0", "-1", "'", `"`, "`", `\`, `\x00`, "%s %d %!", "?1 $1 :name @name", "--", "/* */",
		"'; DROP TABLE batches; --", `{"json": [null]}`, "<b>&amp;</b>", "caf\u00e9", "\u65e5\u672c\u8a9e",
		"\U0001F4A5\U0001F469\u200d\U0001F692 4-byte", "\u202eright to left", "\ufeffbyte order mark", "\uffff", "\U0010ffff",
		noise(10_000), // longer than many an index allows
	} {
		t.Run(label(text), func(t *testing.T) {
			s := &subject{t: t, store: s.store}
			entry := mail(0, in(text), of(text, text), from(text), to(text), saying(text, text, text))
			s.record(entry)
			s.record(entry)
			b := s.claim(later)
			s.wantBatch(b, expect(store.Limits{}, entry, entry))

			o := folding(summary(text, 0))
			o.Batch, o.From, o.To, o.LastError = text, text, []string{text, text}, text
			s.seal(b.ID, o)
			got := s.send(later)
			s.wantOutgoing(got, &o)
			s.postpone(got)
			s.wantOutgoing(s.send(later), &o)
			s.finish(got.ID)
		})
	}
}

func label(text string) string {
	switch {
	case text == "":
		return "empty"
	case len(text) > 60:
		return fmt.Sprint(len(text), " bytes")
	}
	return strings.ReplaceAll(text, "/", "slash")
}

// noise returns text that does not compress.
func noise(length int) string {
	text := make([]byte, length)
	state := uint32(1)
	for i := range text {
		state = state*1664525 + 1013904223
		text[i] = '!' + byte(state>>24)%('~'-'!')
	}
	return string(text)
}

func oddDistinct(t *testing.T, s *subject) {
	keys := []string{"key", "KEY", "Key", " key", "key ", "key  ", "k\u00e9y", "ke\u0301y", "stra\u00dfe", "strasse", "1", "1.0", "01"}
	var entries []store.Entry
	for i, key := range keys {
		entries = append(entries, mail(time.Duration(i)*time.Second, of(key, "v1:a")),
			mail(time.Hour+time.Duration(i)*time.Second, of("variants", key), from(key), to(key)))
	}
	s.record(entries...)
	s.wantBatch(s.claim(later), expect(store.Limits{}, entries...))

	for i, key := range keys {
		s.record(mail(time.Duration(i)*time.Second, in(key)))
	}
	s.wantPending(store.Pending{Batches: 1 + len(keys), Mails: 3 * len(keys)})
	for _, key := range keys {
		if b := s.claim(later); b.Key != key || b.Count != 1 {
			t.Errorf("got %d mails of batch %q, want 1 of %q", b.Count, b.Key, key)
		}
	}
}

// octets are what text columns and C strings do not hold.
func octets() map[string][]byte {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	return map[string][]byte{
		"nil":          nil,
		"empty":        {},
		"NUL":          {0},
		"all octets":   all,
		"not UTF-8":    []byte("\xff\xfe\xc3("),
		"1 MiB":        bytes.Repeat(all, 4096),
		"line ends":    []byte("\r\n\n\r\n.\r\n"),
		"hex notation": []byte(`\x00`),
	}
}

func oddSamples(t *testing.T, s *subject) {
	for name, sample := range octets() {
		t.Run(name, func(t *testing.T) {
			s := &subject{t: t, store: s.store}
			entry := mail(0)
			entry.Sample = sample
			s.record(entry)
			v := s.claim(later).Groups[0].Variants[0]
			if !bytes.Equal(v.Sample, sample) || v.SampleSize != len(sample) {
				t.Errorf("got %s, size %d", content(v.Sample), v.SampleSize)
			}
		})
	}
}

func oddRecipients(t *testing.T, s *subject) {
	raw := "j\xf6rg@example.com"
	entry := mail(0, to(raw, "jo\u0308rg@example.com", `"a b"@example.com`, "root"))
	s.record(entry)
	b := s.claim(later)
	s.wantBatch(b, expect(store.Limits{}, entry))

	o := folding(summary("m1", 0))
	o.To = entry.Recipients
	s.seal(b.ID, o)
	got := s.send(later)
	s.wantOutgoing(got, &o)
	got.To = []string{raw}
	s.postpone(got)
	wantStrings(t, s.send(later).To, raw)
}

func oddMails(t *testing.T, s *subject) {
	for name, mail := range octets() {
		t.Run(name, func(t *testing.T) {
			s := &subject{t: t, store: s.store}
			o := folding(summary("m1", 0))
			o.Mail, o.To, o.From = mail, nil, ""
			s.fill(o)
			got := s.send(later)
			s.wantOutgoing(got, &o)
			s.finish(got.ID)
		})
	}
}

func oddManyRecipients(t *testing.T, s *subject) {
	var addresses []string
	for i := range 1000 {
		addresses = append(addresses, fmt.Sprintf("user%d@example.com", i))
	}
	s.record(mail(0, to(addresses...)), mail(time.Second, to(addresses[:500]...)))
	b := s.claim(later)
	s.wantBatch(b, expect(store.Limits{}, mail(0, to(addresses...)), mail(time.Second, to(addresses[:500]...))))
	o := folding(summary("m1", 0))
	o.To = addresses
	s.seal(b.ID, o)
	s.wantOutgoing(s.send(later), &o)
}

// oddYears stands for machines that boot without a clock.
func oddYears(t *testing.T, s *subject) {
	for _, year := range []int{1970, 1980, 2038, 2107, 9999} {
		entry := mail(0, of("group", fmt.Sprint("v1:", year)))
		entry.Received = time.Date(year, time.December, 31, 23, 59, 59, 999_999_000, time.UTC)
		s.record(entry)
		s.wantNextDue(entry.Received.Add(30 * time.Second))
		b := s.claim(entry.Received.Add(time.Hour))
		s.wantBatch(b, expect(store.Limits{}, entry))
		s.seal(b.ID)
	}
}
