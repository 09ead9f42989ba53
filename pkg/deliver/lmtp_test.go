package deliver_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/deliver"
)

func TestLMTPAnswersForEachRecipient(t *testing.T) {
	tests := []struct {
		name   string
		script testutil.Script
		want   map[string]fate // of those who do not have it; empty if all do
		whole  fate            // of the mail, if the error is not about recipients
	}{
		{"all have it", nil, nil, sent},
		{"one is over quota", testutil.Script{"end b@x": "452 4.2.2 over quota"}, map[string]fate{"b@x": temporary}, ""},
		{"one is unknown before and one refused after", testutil.Script{"RCPT TO:<a@x>": "550 unknown", "end c@x": "554 5.6.0 no"}, map[string]fate{"a@x": permanent, "c@x": permanent}, ""},
		{"all are refused for good", testutil.Script{"end": "550 no"}, map[string]fate{"a@x": permanent, "b@x": permanent, "c@x": permanent}, ""},
		{"all are put off", testutil.Script{"end": "450 no"}, map[string]fate{"a@x": temporary, "b@x": temporary, "c@x": temporary}, ""},
		{"it hangs up after the first answer", testutil.Script{"end b@x": testutil.Drop}, map[string]fate{"b@x": uncertain, "c@x": uncertain}, ""},
		{"it hangs up after a refusal", testutil.Script{"end a@x": "550 no", "end b@x": testutil.Drop}, map[string]fate{"a@x": permanent, "b@x": uncertain, "c@x": uncertain}, ""},
		{"it hangs up before the first answer", testutil.Script{"end": testutil.Drop}, nil, uncertain},
		{"an answer that nobody expects, then a refusal", testutil.Script{"end a@x": "354 what", "end b@x": "550 no"}, map[string]fate{"a@x": uncertain, "b@x": permanent}, ""},
		{"another good answer than the usual", testutil.Script{"end": "251 forwarded"}, nil, sent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			peer := testutil.Start(t, testutil.Config{LMTP: true, Script: tt.script})
			err := (&deliver.SMTP{Addr: peer.Addr, LMTP: true}).Send(t.Context(), to("a@x", "b@x", "c@x"))
			refused, ok := errors.AsType[*deliver.RefusedError](err)
			if !ok {
				if got := fateOf(err); got != tt.whole {
					t.Errorf("the mail is %s, want %s: %v", got, tt.whole, err)
				}
				return
			}
			got := make(map[string]fate)
			for address, reason := range refused.Refused {
				got[address] = fateOf(reason)
			}
			if !maps.Equal(got, tt.want) {
				t.Errorf("refused %v, want %v: %v", got, tt.want, err)
			}
		})
	}
}
