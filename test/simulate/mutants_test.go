//go:build mutants

package simulate

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A mutant is the code with a mistake in it, which the simulation has to find.
type mutant struct {
	name, file, old, new string
}

var allMutants = []mutant{
	{"a mail is acknowledged though the store did not take it", "flow.go",
		"if err := f.recorder.Record(ctx, entries...); err != nil {\n\t\treturn err", "if err := f.recorder.Record(ctx, entries...); err != nil {\n\t\treturn nil"},
	{"a mail that passes is acknowledged though the outbox did not take it", "flow.go",
		"\tif err != nil {\n\t\treturn err\n\t}\n\tf.metrics.passed", "\t_ = err\n\tf.metrics.passed"},
	{"a mail is counted twice", "flow.go", "f.recorder.Record(ctx, entries...)", "f.recorder.Record(ctx, append(entries, entries...)...)"},
	{"a temporary failure is one for good", "internal/dispatch/outcome.go", "out.retry = append(out.retry, to)", ""},
	{"a failure for good is forgotten", "internal/dispatch/outcome.go", "out.failed = append(out.failed, to)", ""},
	{"a summary that nobody takes is forgotten", "internal/dispatch/outcome.go", "\t\tout.failed = o.To\n\t\treturn out", "\t\treturn out"},
	{"a summary that the relay may have is reopened", "internal/dispatch/outcome.go", "&& !deliver.IsUncertain(err)", ""},
	{"a summary that was tried before is reopened", "internal/dispatch/outcome.go", "return o.CanReopen && o.Attempts <= 1", "return o.CanReopen"},
	{"a summary is finished before it is in the fail-dir", "internal/dispatch/settle.go", "err := d.config.FailDir.Keep(", "err := error(nil)\n\t_ = d.config.FailDir.Keep\n\t_ = func(context.Context, *deliver.Mail, error) {}\n\tfunc(...any) {}("},
	{"an outcome that could not be written is forgotten", "internal/dispatch/settle.go", "d.unwritten.outcomes = append(d.unwritten.outcomes, outcome)", ""},
	{"those who have a summary get it again", "internal/dispatch/settle.go", "o.To, o.NextAt = out.retry, out.nextAt", "o.NextAt = out.nextAt"},
	{"the relay is never asked again", "internal/dispatch/breaker.go", "b.since, b.until, b.probing, b.reason = time.Time{}, time.Time{}, time.Time{}, nil", ""},
	{"a relay that is down is asked again at once", "internal/dispatch/breaker.go", "now.Add(deliver.Backoff(b.failures))", "now.Add(0 * deliver.Backoff(b.failures))"},
	{"a claimed batch is forgotten when its summary fails", "internal/summarize/summarize.go", "\tif err := s.summarize(ctx, b); err != nil {\n\t\treturn false, err\n\t}", "\tif err := s.summarize(ctx, b); err != nil {\n\t\ts.claimed.Store(nil)\n\t\treturn false, err\n\t}"},
	{"a batch is not due when its last mail says", "pkg/store/entry.go", "quiet, latest := last.Add(w.Wait), first.Add(w.MaxWait)", "quiet, latest := first.Add(w.Wait), first.Add(w.MaxWait)"},
	{"a batch waits longer than it may", "pkg/store/entry.go", "quiet, latest := last.Add(w.Wait), first.Add(w.MaxWait)", "quiet, latest := last.Add(w.Wait), first.Add(2*w.MaxWait)"},
	{"due times go by the wall clock", "pkg/store/steady/steady.go", "step = time.Second", "step = 10000 * time.Hour"},
	{"a lease lasts for a day", "pkg/store/memory/claim.go", "{claim, now.Add(duration)}", "{claim, now.Add(duration + 24*time.Hour)}"},
	{"a reopened batch counts twice", "pkg/store/memory/outbox.go", "now.Merge(reopened.Clone(), s.limits)", "now.Merge(reopened.Clone(), s.limits)\n\t\tnow.Merge(reopened.Clone(), s.limits)"},
	{"a mute outlives its end", "pkg/batch/mute.go", "Until: now.Add(duration)", "Until: now.Add(duration + time.Hour)"},
	{"what was told is new again", "pkg/store/memory/outbox.go", "s.history[v.Fingerprint] = seen", "_ = seen"},
	{"what is back is not told", "pkg/render/news.go", "silence >= backAfter", "silence >= 1000*backAfter"},
	{"a commit is not synced", "pkg/store/sqlite/open.go", "PRAGMA synchronous = FULL", "PRAGMA synchronous = OFF"},
	{"what was not counted yet is forgotten at a start", "pkg/store/sqlite/open.go", "return s.replay()", "return nil"},
	{"what was counted stays in the journal", "pkg/store/sqlite/journal.go", "if err := s.stmt.settle.exec(); err != nil {\n\t\treturn err\n\t}", ""},
	{"what SQLite was told is new again", "pkg/store/sqlite/outbox.go", "if err := s.stmt.remember.exec(batch); err != nil {\n\t\treturn err\n\t}", ""},
	{"a trial of a full disk writes nothing", "pkg/store/sqlite/ability.go", "if err := s.stmt.dropNote.exec(probe); err != nil {\n\t\t\treturn err\n\t\t}", ""},
	{"a page that cannot be read is damage", "pkg/store/sqlite/damage.go",
		"if err := s.read(); err != nil {\n\t\treturn fmt.Errorf(\"%w, and so %s\", err, found)\n\t}\n\tif found, err = s.quickCheck(); err != nil || found == \"\" {\n\t\treturn err // it could not be read for a moment\n\t}", ""},
	{"it is not noted that a process is alive", "pkg/store/steady/steady.go", "_ = s.Store.NoteHeartbeat(ctx, alive, s.toEngine(now))", ""},
	{"what a process has claimed another claims as well", "pkg/store/memory/outbox.go", "claim.until = now.Add(duration)", ""},
	{"the hook is not told of what was sent", "observe.go", "o.hooks.Tell(e)", "_ = e"},
	{"a problem counts a mail twice", "pkg/store/problem_count.go", "n.count += v.Count - v.Copies", "n.count += 2*v.Count - v.Copies"},
	{"what the journal adds counts on no problem", "pkg/store/sqlite/journal.go", "return store.CountProblems(problems{s}, additions, s.limits.ResolveAfter)", "return nil"},
	{"what people do is not written", "pkg/store/problem_change.go", "return p, t.Save([]*Problem{p}, nil)\n}\n\n// MergeProblems", "return p, nil\n}\n\n// MergeProblems"},
	{"a full disk is ready", "ready.go", "try = prober.Probe", "_ = prober"},
}

// TestEveryMutantIsFound compiles each mutant over the tree, which is not changed.
func TestEveryMutantIsFound(t *testing.T) {
	for _, m := range allMutants {
		t.Run(m.name, func(t *testing.T) {
			if found, output := m.find(t); !found {
				t.Errorf("nobody finds it; the world lacks something:\n%s", output)
			}
		})
	}
}

// find reports whether the simulation fails with the mutant. One that goes on for ever has
// not said what is wrong.
func (m mutant) find(t *testing.T) (found bool, output string) {
	path, err := filepath.Abs(filepath.Join("..", "..", m.file))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), m.old); n != 1 {
		t.Fatalf("%s has %q %d times", m.file, m.old, n)
	}
	folder := t.TempDir()
	changed, overlay := filepath.Join(folder, "changed.go"), filepath.Join(folder, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{changed: []byte(strings.Replace(string(source), m.old, m.new, 1)), overlay: replace} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", overlay, "-o", filepath.Join(folder, "simulate.test"), ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("it does not compile: %v\n%s", err, out)
	}
	run := exec.CommandContext(t.Context(), filepath.Join(folder, "simulate.test"), "-test.run", "Years", "-days", "400", "-test.short", "-test.timeout", "5m")
	out, err := run.CombinedOutput()
	return err != nil && !strings.Contains(string(out), "test timed out"), string(out)
}
