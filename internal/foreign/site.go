package foreign

import (
	"fmt"
	"runtime"
	"strings"
)

// Site returns the file and the line that panicked. Call it where the panic is
// recovered; elsewhere it returns "".
func Site() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
	for panicking := false; ; {
		frame, more := frames.Next()
		if panicking && !strings.HasPrefix(frame.Function, "runtime.") {
			return fmt.Sprintf("%s:%d", frame.File, frame.Line)
		}
		if panicking = panicking || frame.Function == "runtime.gopanic"; !more {
			return ""
		}
	}
}
