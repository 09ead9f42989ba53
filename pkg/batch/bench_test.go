package batch_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/message"
)

// benchmarkMails are of 4 KiB, the size of the mails in docs and load tests.
func benchmarkMails() map[string][]byte {
	const size = 4 << 10
	var log strings.Builder
	for i := 0; log.Len() < size; i++ {
		fmt.Fprintf(&log, "2026-03-09 03:17:%02d,%03d WARN [exec-%d] request 550e8400-e29b-41d4-a716-446655440000 from 198.51.100.%d took %d ms\n",
			i%60, i*37%1000, i%48, i%255, 3000+i)
	}
	trace := javaTrace
	for i := 0; len(trace) < size; i++ {
		trace += fmt.Sprintf("\tat org.apache.catalina.core.ApplicationFilterChain.doFilter%d(ApplicationFilterChain.java:%d) ~[tomcat-embed-core-10.1.31.jar:10.1.31]\n", i, 140+i)
	}
	header := "From: app@web1.shop.example\nTo: ops@shop.example\nSubject: payment-service ERROR\nContent-Type: text/plain; charset=utf-8\n\n"
	return map[string][]byte{"text": []byte(header + log.String()[:size]), "java": []byte(header + trace[:size])}
}

func BenchmarkFingerprint(b *testing.B) {
	for name, raw := range benchmarkMails() {
		b.Run(name, func(b *testing.B) {
			m := message.New("", nil, raw)
			m.Body() // decoding is not what is measured
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				batch.FingerprintOf(m)
			}
		})
	}
}

// BenchmarkClassify includes decoding: it is what a mail costs before its 250.
func BenchmarkClassify(b *testing.B) {
	for name, raw := range benchmarkMails() {
		b.Run(name, func(b *testing.B) {
			c := standard(b)
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				c.Classify(message.New("app@web1.shop.example", []string{"ops@shop.example"}, raw))
			}
		})
	}
}

// BenchmarkMaskLongToken shows whether the cost per byte depends on the length
// of a token, which a sender chooses.
func BenchmarkMaskLongToken(b *testing.B) {
	for _, size := range []int{1 << 10, 16 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			text := strings.Repeat("a.", size/2) + "1"
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				batch.Mask(text)
			}
		})
	}
}
