package telling

import (
	"strings"
	"testing"
)

func FuzzLinesThatAreAlikeButForDigitsSayTheSame(f *testing.F) {
	for _, line := range []string{"03:17:42 ERROR job 17 failed", "0 errors, 10 warnings", "errors: 0", "errors: 0.5", "errors=07", "exit 1: no such file /a/2", "x: 5", "2 |  3 |  4", "# 1 at 0x10", strings.Repeat("7 failed ", 60)} {
		f.Add(line, byte('4'))
	}
	f.Fuzz(func(t *testing.T, line string, digit byte) {
		digit = '1' + digit%9
		other := []byte(line)
		for i, c := range []byte(line) {
			if isDigit(c) && appendAlike(nil, line)[i] != '0' {
				other[i] = digit
			}
		}
		var s alikes
		s.judge(string(other))
		judged, p := s.judge(line)
		want := parse(line[:min(len(line), maxScored)])
		if p != want || judged != judge(line, want) {
			t.Errorf("behind %q, %q says %+v %+v, and alone %+v %+v", other, line, judged, p, judge(line, want), want)
		}
	})
}
