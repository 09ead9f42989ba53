package recognise

import (
	"slices"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/message"
)

func newRecogniser(t testing.TB, sources ...Source) *Recogniser {
	t.Helper()
	r, err := New(sources)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAMailOfAnUnknownSenderMeansWhatItsWordsSay(t *testing.T) {
	r := newRecogniser(t)
	for _, tt := range []struct {
		name, subject, text string
		want                meaning.Status
		object              string
	}{
		{"what is not understood is a problem", "hello", "there", meaning.Problem, "hello"},
		{"so is a mail without anything", "", "", meaning.Problem, ""},
		{"a word for failure", "nightly import failed", "", meaning.Problem, "nightly import"},
		{"a word for success", "nightly import finished successfully", "", meaning.OK, "nightly import"},
		{"in German", "Sicherung auf NAS2 erfolgreich", "", meaning.OK, "Sicherung auf NAS2"},
		{"in German, failed", "Sicherung auf NAS2 fehlgeschlagen", "", meaning.Problem, "Sicherung auf NAS2"},
		{"in French", "Échec de la sauvegarde srv1", "", meaning.Problem, "Sauvegarde srv1"},
		{"in Spanish", "Copia de seguridad de ventas completada", "", meaning.OK, "Copia de seguridad de ventas"},
		{"in Japanese", "バックアップ 失敗", "", meaning.Problem, "バックアップ"},
		{"failure beats success", "backup done", "1 successful, 1 failed", meaning.Problem, "backup"},
		{"failure at the end of a long text beats success", "backup done", strings.Repeat("/srv/a/file.dat\n", 30) + "rsync error: some files could not be transferred", meaning.Problem, "backup"},
		{"and of a text of which not all is read", "backup done", strings.Repeat("/srv/a/file.dat\n", 3000) + "rsync error: some files could not be transferred", meaning.Problem, "backup"},
		{"what a company writes below its mails is no failure", "backup done", strings.Repeat("/srv/a/file.dat\n", 30) + "If you have received this message in error, please delete it.", meaning.OK, "backup"},
		{"a loop of restarts is not over", "pump7 was down but restarted 14 times", "", meaning.Problem, "pump7 restarted"},
		{"the end of one is not that of another", "pump7 was down and is up again, pump8 is not", "", meaning.Problem, "pump7 pump8 not"},
		{"what is well is not all", "tank4 was offline and is now available read-only", "", meaning.Problem, "tank4 read-only"},
		{"a message in error", "import done", "Message in error: ORDERS 4711", meaning.Problem, "import"},
		{"what a company says of errors at the end of a long text", "backup done", strings.Repeat("/srv/a/file.dat\n", 30) + "The sender does not accept liability for any errors or omissions.", meaning.OK, "backup"},
		{"what is deleted at the end of a long text", "backup done", strings.Repeat("/srv/a/file.dat\n", 30) + "Deleted 3 expired backups.", meaning.OK, "backup"},
		{"how the last one went", "backup done", strings.Repeat("/srv/a/file.dat\n", 30) + "Previous run: failed at 02:14", meaning.OK, "backup"},
		{"a program that ends a long text", "backup done", strings.Repeat("/srv/a/file.dat\n", 30) + "tar: Exiting with failure status due to previous errors", meaning.Problem, "backup"},
		{"how often something failed at the end of a long text", "backup done", strings.Repeat("/srv/a/file.dat\n", 30) + "2 errors", meaning.Problem, "backup"},
		{"the kind of a job", "backup of web1 done", "Backup type: full", meaning.OK, "backup of web1"},
		{"no failure is none", "check of web1", "Finished, 0 errors, no warnings.", meaning.OK, "check of web1"},
		{"no success is a failure", "backup of web1 was not successful", "", meaning.Problem, "backup of web1"},
		{"none of many is a failure", "Import: 0 of 812 orders imported", "done", meaning.Problem, "Import: of imported"},
		{"a no for an answer", "Backup of web1 successful? NO", "", meaning.Problem, "Backup of web1 NO"},
		{"the number with which a program ends", "mirror of debian: exit code 23", "", meaning.Problem, "mirror of debian"},
		{"the number for success", "mirror of debian: exit code 0", "", meaning.OK, "mirror of debian"},
		{"a state", "web1 is DOWN", "", meaning.Problem, "web1"},
		{"the state after it", "web1 is UP", "", meaning.Recovery, "web1"},
		{"a change for the better", "db1/Load: CRIT -> OK", "", meaning.Recovery, "db1/Load"},
		{"a change that is no recovery", "db1/Load: CRIT -> WARN", "", meaning.Warning, "db1/Load"},
		{"a change from what nobody knows", "db1/Load: UNKNOWN -> OK", "", meaning.Info, "db1/Load"},
		{"a change in words", "Health of web1 changed from green to red", "", meaning.Problem, "Health of web1"},
		{"a tag that repeats the words of the problem", "[RESOLVED] High error rate of checkout", "", meaning.Recovery, "High error rate of checkout"},
		{"a tag of the problem", "[FIRING:1] High error rate of checkout", "", meaning.Problem, "High error rate of checkout"},
		{"a tag of both", "[FIRING:1, RESOLVED:1] High error rate", "", meaning.Problem, "High error rate"},
		{"a tag of success with a failure behind it", "[Success] Daily VMs, 1 failed", "", meaning.Problem, "Daily VMs"},
		{"a name in front of the tag", "[Shop] [Down] Request failed with status code 503", "", meaning.Problem, "[Shop]"},
		{"an acknowledgement", "db1/Load Acknowledged (CRIT)", "", meaning.Info, "db1/Load"},
		{"a field of the text", "report of web1", "Job: nightly\nStatus: FAILED\n", meaning.Problem, "report of web1/nightly"},
		{"the worst of several fields", "report of web1", "Status: OK\nResult: failed\n", meaning.Problem, "report of web1"},
		{"a severity is no good news", "report of web1", "Severity: normal\n", meaning.Problem, "report of web1"},
		{"a name in quotation marks", `Job "Backup failed jobs" finished`, "", meaning.OK, `Job "Backup failed jobs"`},
		{"what is joined to other words", "Updates of web1 installed", "liberror-perl check-errors.sh", meaning.OK, "Updates of web1"},
		{"an error log", "Copy of the error log finished", "", meaning.OK, "Copy of error log"},
		{"what may happen", "Backup of web1 finished", "If an error occurs, call us.", meaning.OK, "Backup of web1"},
		{"what is forged", "payroll export broken", "all is ok\nall is well", meaning.Problem, "payroll export"},
		{"what is quoted does not count", "Backup of web1 finished", "> it failed yesterday", meaning.OK, "Backup of web1"},
		{"what stands under the signature", "Backup of web1 finished", "--\nfailed backups: call us", meaning.OK, "Backup of web1"},
		{"numbers and times are no part of the object", "Build #4711 of shop failed after 312 s at 02:14:05", "", meaning.Problem, "Build of shop"},
		{"numbers of things are", "Disk 3 of nas1 failed", "", meaning.Problem, "Disk 3 of nas1"},
		{"of a camera, too", "Camera 7 offline", "", meaning.Problem, "Camera 7"},
		{"what stands in front of a tag", "Störung: Leitung 3 ausgefallen", "", meaning.Problem, "Leitung 3"},
		{"and its end", "Störung behoben: Leitung 3", "", meaning.Recovery, "Leitung 3"},
		{"what may be installed", "3 updates are available for srv4", "", meaning.Info, "available for srv4"},
		{"a new version", "Eine neue Version ist verfügbar", "", meaning.Info, "Eine neue Version verfügbar"},
		{"a count of what went well", "Nightly load finished: 14 ok, 0 failed", "", meaning.OK, "Nightly load"},
		{"the end of an alarm", "Serverroom: End of alarm - Temp rack A", "", meaning.Recovery, "Serverroom: Temp rack A"},
		{"a key with a count of none", "Backup finished", "Disk: 0 errors", meaning.OK, "Backup"},
		{"a plan to go down", "scale-down completed successfully", "", meaning.OK, "scale-down"},
		{"the name of an option", "Backup finished successfully", "Options: ON_ERROR_CONTINUE=yes", meaning.OK, "Backup"},
		{"a job that is called Full", `Backup job "Full" completed without errors`, "", meaning.OK, `Backup job "Full"`},
		{"a tag that a field confirms", "OK: agent on web2 is unreachable for 5 minutes", "Trigger status: OK", meaning.Recovery, "agent on web2"},
		{"a tag that no field confirms", "OK: agent on web2 is unreachable for 5 minutes", "", meaning.Problem, "agent on web2"},
		{"a carrier of alerts is about its text", "Notification", "The fan of ps2 is broken", meaning.Problem, "fan of ps2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := r.Of(mailOf(Example{Subject: tt.subject, Text: tt.text, From: "app@example.net"}))
			if rec.Status != tt.want || rec.Object != tt.object {
				t.Errorf("%s of %q (%s); want %s of %q", rec.Status, rec.Object, rec.Why, tt.want, tt.object)
			}
			if rec.Known {
				t.Error("nobody knows the sender")
			}
		})
	}
}

// What says that all is well, or did, where it is not.
func TestNothingThatIsWrongIsWell(t *testing.T) {
	r := newRecogniser(t)
	for _, mail := range []struct{ subject, text string }{
		{"db1 no longer ok", ""}, {"No longer available: db1", ""}, {"db1 is no longer healthy", ""}, {"db1 n'est plus joignable", ""},
		{"Azure Site Recovery: replication failed for vm7", ""}, {"Disaster recovery: replication of vm7 failed", ""}, {"Recovery job: failed", ""},
		{"Clear cache: failed", ""}, {"Fixed in 2.1: critical vulnerability", ""}, {"Restored VM db1: disk 2 missing", ""}, {"Recovered with data loss: pool tank", ""},
		{"Only partially restored: site Berlin", ""}, {"Service rétabli partiellement", ""}, {"Problem nur teilweise behoben", ""}, {"Restored 3 of 12 VMs", ""},
		{"[OK] Failed logins: 412 in 5 minutes", ""}, {"[SUCCESS] Failed backup of srv7", ""}, {"[Success] nightly", "tar: /srv/x: Permission denied"},
		{"✅ 0/14 backups", ""}, {"🟢 3/5 nodes", ""}, {"Nightly", "Errors (0), Warnings (0), Not run (9)"}, {"Jobs successful (0)", ""}, {"backup", "success: 0"},
		{"failed: 0 bytes written", ""}, {"Fehler: 0 Dateien gesichert", ""}, {"Completed with code 3", ""}, {"Job etl ended unexpectedly", ""},
		{"Everything is fine except the pump", ""}, {"Sauvegarde terminée mais incomplète", ""}, {"Backup concluído parcialmente", ""}, {"Sicherung erfolgreich bis auf srv7", ""},
		{"Error rate is up", ""}, {"Only 3% disk space available", ""}, {"备份未完成", ""}, {"未恢复: db1", ""}, {"バックアップは完了していません", ""}, {"サービスは復旧していません", ""},
		{"Backup done", "stat: No such file or directory"}, {"Backup done", "Quelle nicht gefunden"}, {"Updates installed, device does not boot", ""},
		{"Disk sda removed from pool tank", ""}, {"VM prod-db-1 deleted", ""}, {"core dump of shopd", "the log was saved to /var/crash/shopd.log"},
		{"Nothing is ok", ""}, {"None of the replicas is ok", ""}, {"To be resolved: db1", ""}, {"db1 healthy: no", ""}, {"db1 online: false", ""},
		{"Fehler behoben? nein", ""}, {"OK: 3, CRITICAL: 5", ""}, {"[OK] not really: [CRITICAL] db1", ""},
		{"12/15 backups successful", ""}, {"12 von 15 Sicherungen erfolgreich", ""}, {"Everything ok? No: disk full", ""},
		{"Backup finished", "No space left on device"}, {"Backup finished", "Killed"}, {"Backup finished", "timeout"},
		{"Backup finished", "Errors: 5"}, {"Backup finished", "3 errors"}, {"Backup finished", "Fehler: 3"}, {"Backup finished", "checksum mismatch"},
		{"Backup finished", "Input/output error"}, {"Backup complete", "Segmentation fault"}, {"Sauvegarde terminée", "code retour 2"},
		{"Sicherung abgeschlossen", "Rückgabewert: 1"}, {"All is ok", "ERROR: database corrupt"}, {"Backup finished", "espace disque insuffisant"},
		{"Last successful backup was 9 days ago", ""}, {"Backup should have completed by 03:00", ""}, {"Waiting for backup to be completed", ""},
		{"Success rate dropped to 12%", ""}, {"db1 entered recovery mode", ""}, {"PROBLEM: muted thing on z1", ""},
		{"an alert", "div { position: fixed; clear: both }"}, {"[FIRING] Silenced speaker broken", ""}, {"CRITICAL: ACK flood attack on web1", ""},
		{"Alert: database connection closed", ""}, {"Alarm closed circuit camera 4", ""}, {"Alarm aktiv: Pumpe 3", ""}, {"web1: read back from disk failed", ""},
		{"Error 500 returned from down stream service", ""}, {"Backup is still running", ""}, {"node3 is not ready", ""}, {"CHECK_NOT_OK", ""},
		{"Restore finished", "Restored 3 files, 2 failed"}, {"Backup finished", "Result: 0x80070005"}, {"job done", "it exited normally with status 2"}, {"Job 9 Ended", "OUT_OF_MEMORY"},
		{"Backup: 0 errors, 2 warnings", ""}, {"Unit ID: 0 predictive failure", ""}, {"ping", "10 packets sent, 0 received, 100% packet loss"}, {"Backup OK", "Errors 3"},
		{"Cron <root@ctl> ansible-playbook site.yml", "web1 : ok=2 changed=1 unreachable=0 failed=1 skipped=0"}, {"done", "done: 12 skipped: 0 failed: 2"},
		{"Report", "Total: 5 Success: 4 Warning: 0 Failed: 1"}, {"Backup summary ok=4 warn=0 fail=1", ""}, {"Job finished", "retries=0 error=timeout"},
		{"Fan 0 failed", ""}, {"PSU 0 failed; PSU 1 OK", ""}, {"GPU #0 failed", ""}, {"Backup completed: 0 warnings, srv1 failed", ""}, {"Backup OK", "no files copied, connection refused"},
		{"Sync OK", "0 new files because disk failed"}, {"RECOVERY FAILED: raid md0", ""}, {"[RECOVERY FAILED] md0", ""}, {"Recovery in progress: raid md0", ""},
		{"Report", "Result: success\nError: disk full"}, {"5 sur 6 sauvegardes réussies", ""}, {"Backup 83% successful", ""}, {"Job finished with status 1", ""},
		{"Logins have gone below 5", ""}, {"db1: free memory below threshold", ""}, {"Freezer: temperature is below threshold", ""}, {"Temperature back above normal", ""},
		{"Serveur de nouveau en panne", ""}, {"Backup of srv1 interrupted", "Last completed run: yesterday"}, {"OK", "CRITICAL: disk full"}, {"Ban list service is down", ""},
		{"[INFO] Disk 3 removed from array", ""}, {"Login not permitted on web1", ""}, {"Downtime detected: shop.example.net", ""}, {"Welcome page of shop is not loading", ""},
		{"notice", `level="notice" action="tunnel-down"`}, {"Sicherung abgeschlossen, 3 Dateien wurden nicht gesichert", ""}, {"nightly run ok", "but 3 tables were skipped"},
		{"Backup completed", strings.Repeat("a table ", 80) + "ERROR: table users failed"},
		{"ALERT OPEN: no primary", "Created: 2026-10-03"}, {"Job Fill: Running", ""},
		{"Latency p95 up", ""}, {"Alert FIRED on pump7 / Host Alive", ""}, {"Our mail server 203.0.113.7 is blocked", ""}, {"Mail blocked by 203.0.113.7", ""}, {"UPDATE_ROLLBACK_COMPLETE of stack7", ""}, {"drive 3 no longer detected", ""}, {"Migration backup is running", ""}, {"disk is running out of space", ""}, {"Alert 5 not closed", ""}, {"Alert: service is running", "connection refused"},
	} {
		if rec := r.Of(mailOf(Example{Subject: mail.subject, Text: mail.text})); !rec.Status.IsBad() {
			t.Errorf("%q, %q: %s %s", mail.subject, mail.text, rec.Status, rec.Why)
		}
	}
}

func TestWhatIsNoLongerWrongIsOver(t *testing.T) {
	r := newRecogniser(t)
	for _, subject := range []string{"db1 is no longer down", "db1 is no longer unreachable"} {
		if rec := r.Of(mailOf(Example{Subject: subject})); rec.Status != meaning.Recovery {
			t.Errorf("%q: %s %s", subject, rec.Status, rec.Why)
		}
	}
}

var backup = Source{
	Name: "backup", Match: []string{`from="backup@example.net"`, `subject=~"Backup .*"`},
	Problem: []string{`^Backup of \S+: (?:red|dark)$`}, OK: []string{`^Backup of \S+: green$`}, Object: []string{`^Backup of (\S+):`},
}

func TestTheUsersSourceIsAskedFirst(t *testing.T) {
	r := newRecogniser(t, backup)
	of := func(from, subject string) Recognised {
		return r.Of(message.New(from, []string{"ops@example.com"}, []byte("Subject: "+subject+"\r\n\r\nfailed\r\n")))
	}
	if rec := of("backup@example.net", "Backup of srv7: green"); rec.Status != meaning.OK || rec.Object != "srv7" || rec.Source != "backup" || !rec.Known {
		t.Errorf("%+v", rec)
	}
	if rec := of("backup@example.net", "Backup of srv7: dark"); rec.Status != meaning.Problem || rec.Object != "srv7" {
		t.Errorf("%+v", rec)
	}
	if rec := of("Other@example.net", "Backup of srv7: green"); rec.Source != "other@example.net" || rec.Known {
		t.Errorf("%+v", rec)
	}
}

func TestAMailSaysItselfWhatItMeans(t *testing.T) {
	r := newRecogniser(t)
	rec := r.Of(mailOf(Example{Subject: "all failed", Header: map[string]string{StatusField: " OK ", ObjectField: "job 7"}}))
	if rec.Status != meaning.OK || rec.Object != "job 7" || !rec.Known {
		t.Errorf("%+v", rec)
	}
	if rec := r.Of(mailOf(Example{Subject: "all failed", Header: map[string]string{StatusField: "fine"}})); rec.Status != meaning.Problem {
		t.Errorf("a status that there is not: %+v", rec)
	}
}

func TestASourceThatIsWrongIsRefused(t *testing.T) {
	valid := Source{Name: "s", Match: []string{`from="a@b"`}}
	for name, tt := range map[string]struct {
		change func(s *Source)
		want   string
	}{
		"without a name":                      {func(s *Source) { s.Name = "" }, "give it one"},
		"without a match":                     {func(s *Source) { s.Match = nil }, `source "s": match is missing`},
		"with a match that is none":           {func(s *Source) { s.Match = []string{"from"} }, `"from" is not a matcher`},
		"with a match on what is not":         {func(s *Source) { s.Match = []string{`form="x"`} }, `there is no "form"; take one of from, to, host, subject, header:NAME`},
		"with a match that takes all":         {func(s *Source) { s.Match = []string{`from=~".*"`} }, "takes every mail"},
		"with a pattern that is wrong":        {func(s *Source) { s.Problem = []string{"("} }, `source "s": problem: `},
		"with a pattern of other syntax":      {func(s *Source) { s.OK = []string{"(?=x)"} }, "regular expression of Go"},
		"with a pattern for everything":       {func(s *Source) { s.Recovery = []string{".*"} }, "found in every mail"},
		"with sections and no parts":          {func(s *Source) { s.Section = []string{"^x"} }, "section is of no use without part"},
		"with counts and no parts":            {func(s *Source) { s.Count = []string{`^(\d+)`} }, "count is of no use without part"},
		"with a count of what is not counted": {func(s *Source) { s.Part, s.Count = []string{"^x"}, []string{`(?P<baad>\d+) alerts`} }, `has a group named "baad"; name it bad or good`},
		"with a count of nothing":             {func(s *Source) { s.Part, s.Count = []string{"^x"}, []string{`\d+ alerts`} }, "has no group for the number"},
		"with a part that is everything":      {func(s *Source) { s.Part = []string{".*"} }, "found in every mail"},
		"with an object that is wrong":        {func(s *Source) { s.Object = []string{"["} }, `source "s": object: `},
	} {
		t.Run(name, func(t *testing.T) {
			s := valid
			tt.change(&s)
			if _, err := New([]Source{s}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestSourcesAreReadFromTables(t *testing.T) {
	sources, err := Read([]any{map[string]any{"name": "s", "match": `from="a"`, "ok": []any{"x", "y"}}})
	if err != nil || len(sources) != 1 || sources[0].Name != "s" || len(sources[0].Match) != 1 || len(sources[0].OK) != 2 {
		t.Errorf("%+v, %v", sources, err)
	}
	for _, tt := range []struct {
		tables any
		want   string
	}{
		{"x", "begin each with [[source]]"},
		{[]any{"x"}, "source 1 is not a table"},
		{[]any{map[string]any{"name": "s", "colour": "x"}}, `source 1 "s": colour: there is no such key; take one of count, example, headline, info, kind, match`},
		{[]any{map[string]any{"name": "s", "ok": int64(3)}}, `ok: 3 is no text; put it in quotes`},
	} {
		if _, err := Read(tt.tables); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: got %v, want %q", tt.tables, err, tt.want)
		}
	}
}

func FuzzRecognise(f *testing.F) {
	for _, s := range Builtin() {
		for _, e := range s.Examples {
			f.Add(e.Subject, e.Text)
		}
	}
	f.Add("[[[[((((", ": = | 0 ? no")
	f.Add("disk\x00 1\tof\x1b[31m \xff is down", strings.Repeat("é", 300)+" failed")
	f.Add("İİİ \xff down", "失敗 \"")
	for _, text := range forgeries {
		f.Add(text.subject, text.text)
	}
	f.Add("doors", "House a\nNow open:\n* door a\n* door \xff\nShut again:\n* door a\n")
	r := newRecogniser(f, door)
	var digests []*source
	for _, s := range r.sources {
		if s.bytes == maxDigest {
			digests = append(digests, s)
		}
	}
	f.Fuzz(func(t *testing.T, subject, text string) {
		for _, s := range append([]*source{nil, r.sources[1], r.sources[2]}, digests...) {
			rec := recognise(s, subject, text, origin{})
			objects := make(map[string]bool)
			for _, p := range rec.Parts {
				if !slices.Contains(meaning.Statuses(), p.Status) || p.Object == "" || objects[p.Object] || p.Object != content.Line(strings.ToValidUTF8(p.Object, "")) || len(p.Object) > maxObject {
					t.Fatalf("%+v", p)
				}
				objects[p.Object] = true
			}
			if len(rec.Parts) > maxParts || len(rec.Parts) > 0 && rec.Meaning != rec.Parts[0].Meaning {
				t.Fatalf("%+v", rec)
			}
			if !slices.Contains(meaning.Statuses(), rec.Status) || rec.Why == "" || len(rec.Object) > maxObject || rec.Object != content.Line(strings.ToValidUTF8(rec.Object, "")) {
				t.Fatalf("%+v", rec)
			}
		}
	})
}

func TestTheCostGrowsWithTheLengthOfAMailOnly(t *testing.T) {
	for name, unit := range map[string]string{
		"brackets": "[(", "words": "failed ", "phrases": "back to ", "quotes": `"a b `, "colons": "a: ", "zeros": "0 of ", "capitals": "OK ", "wide": "失敗",
	} {
		t.Run(name, func(t *testing.T) {
			grow := func(size int) string { return strings.Repeat(strings.Repeat(unit, 40)+"\n", size/(40*len(unit))+1) }
			testutil.CheckLinear(t, 2000, grow, func(input string) { recognise(nil, input[:min(len(input), 8000)], input, origin{}) })
		})
	}
}

func BenchmarkRecognise(b *testing.B) {
	r := newRecogniser(b)
	for name, e := range map[string]Example{
		"known":   {Subject: "** PROBLEM Service Alert: db1/Disk /var is CRITICAL **", Text: strings.Repeat("Host: db1\n", 20)},
		"unknown": {Subject: "[shop] ERROR in checkout: payment timed out", Text: strings.Repeat("order 4711 could not be paid, the bank did not answer\n", 20)},
	} {
		m := mailOf(e)
		m.Body()
		b.Run(name+"/new", func(b *testing.B) {
			for b.Loop() {
				recognise(r.source(m, m.Subject()), m.Subject(), m.Body(), origin{})
			}
		})
		b.Run(name+"/equal", func(b *testing.B) {
			for b.Loop() {
				r.Of(m)
			}
		})
	}
}

func sourceOf(r *Recogniser, m *message.Message) *source { return r.source(m, m.Subject()) }
