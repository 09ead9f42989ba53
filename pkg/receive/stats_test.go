package receive_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/hut8labs/failmail/pkg/receive"
)

func TestStatsCountWhatWasAcknowledged(t *testing.T) {
	server := start(t, &inbox{}, receive.Options{})
	p := dial(t, server.addr)
	for range 2 {
		p.untilData()
		p.ask("Subject: x\r\n\r\ny\r\n.", "250 ")
	}
	got := server.Stats()
	if got.Mails != 2 || got.Bytes != 2*uint64(len("Subject: x\r\n\r\ny\r\n")) || got.Connections != 1 || got.OpenConnections != 1 || got.InFlight != 0 {
		t.Errorf("Stats = %+v", got)
	}
	p.ask("QUIT", "221 ")
	p.expectEnd()
	server.drain(t)
	if got := server.Stats(); got.OpenConnections != 0 || got.Connections != 1 {
		t.Errorf("after the end Stats = %+v", got)
	}
}

func TestStatsCountEveryRefusalByItsCodes(t *testing.T) {
	tests := map[string]struct {
		options receive.Options
		failing error
		talk    func(p *peer)
		want    receive.Reply
	}{
		"a declared size over the limit": {
			options: receive.Options{MaxMessageSize: 10},
			talk:    func(p *peer) { p.ask("MAIL FROM:<f@x> SIZE=11", "552 ") },
			want:    receive.Reply{Code: "552", Status: "5.3.4"},
		},
		"a real size over the limit": {
			options: receive.Options{MaxMessageSize: 10},
			talk:    func(p *peer) { p.untilData(); p.ask("0123456789\r\n.", "552 ") },
			want:    receive.Reply{Code: "552", Status: "5.3.4"},
		},
		"a chunk over the limit": {
			options: receive.Options{MaxMessageSize: 10},
			talk: func(p *peer) {
				p.ask("MAIL FROM:<f@x>", "250 ")
				p.ask("RCPT TO:<t@x>", "250 ")
				p.send("BDAT 11 LAST\r\n01234567890")
				p.expect("552 ")
			},
			want: receive.Reply{Code: "552", Status: "5.3.4"},
		},
		"one recipient too many": {
			options: receive.Options{MaxRecipients: 1},
			talk: func(p *peer) {
				p.ask("MAIL FROM:<f@x>", "250 ")
				p.ask("RCPT TO:<t@x>", "250 ")
				p.ask("RCPT TO:<u@x>", "452 ")
			},
			want: receive.Reply{Code: "452", Status: "4.5.3"},
		},
		"too much mail in transfer": {
			options: receive.Options{MaxInFlight: 10},
			talk:    func(p *peer) { p.untilData(); p.ask("0123456789\r\n.", "452 ") },
			want:    receive.Reply{Code: "452", Status: "4.3.1"},
		},
		"an unknown parameter": {
			talk: func(p *peer) { p.ask("MAIL FROM:<f@x> FOO=1", "555 ") },
			want: receive.Reply{Code: "555", Status: "5.5.4"},
		},
		"a handler that fails": {
			failing: errors.New("disk full"),
			talk:    func(p *peer) { p.untilData(); p.ask("x\r\n.", "452 ") },
			want:    receive.Reply{Code: "452", Status: "4.3.1"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := start(t, &inbox{err: test.failing}, test.options)
			p := dial(t, server.addr)
			p.ask("EHLO test", "250-")
			test.talk(p)
			want := map[receive.Reply]uint64{test.want: 1}
			if got := server.Stats(); !maps.Equal(got.Refusals, want) || got.Mails != 0 {
				t.Errorf("Stats = %+v, want the refusals %v", got, want)
			}
		})
	}
	t.Run("a connection too many", func(t *testing.T) {
		server := start(t, &inbox{}, receive.Options{MaxConnections: 1})
		dial(t, server.addr)
		expectTurnedAway(t, server.addr, "421 4.3.2 ")
		if got := server.Stats(); got.Refusals[receive.Reply{Code: "421", Status: "4.3.2"}] != 1 || got.Connections != 1 {
			t.Errorf("Stats = %+v", got)
		}
	})
}
