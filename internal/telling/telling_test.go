package telling_test

import (
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/telling"
	"github.com/hut8labs/failmail/internal/testutil"
)

func TestTheHeadlineIsTheLineAPersonWouldPick(t *testing.T) {
	for name, test := range map[string]struct{ subject, text, want string }{
		"the line with the failure": {"backup of srv7", "starting the backup\ncannot write to /mnt/backup: no space left on device\ndone", "cannot write to /mnt/backup: no space left on device"},
		"not a line that denies it": {"nightly check", "no errors so far in 12 runs\n0 failures, 0 timeouts\nconnection to db1 refused", "connection to db1 refused"},
		"not a name that has a failing word": {"daily report", "this host runs libgpg-error and Fail2Ban\nthe error report of today\ndisk /var is full on web1",
			"disk /var is full on web1"},
		"not what a logger calls information":  {"log", "INFO failed jobs are tried again\nERROR job 17 was refused by the queue", "ERROR job 17 was refused by the queue"},
		"an error rather than a warning":       {"log", "WARN the cache is slow today\nERROR the cache is lost", "ERROR the cache is lost"},
		"what a key introduces":                {"event 7 of pump7", "Level: Error\nDescription:\nthe seal of pump7 has a bad block", "the seal of pump7 has a bad block"},
		"what a line introduces":               {"cron", "Error:\nthe table orders is locked by 17", "the table orders is locked by 17"},
		"the subject of what is over":          {"[Mon] CLEARED: pump7", "Event: 'pressure of pump7 exceeded 9 bar'\nHost: pump7", "[Mon] CLEARED: pump7"},
		"not a value that is none":             {"pump7 filled tank4", "Metrics: (no metrics provided)\nHost: pump7", "pump7 filled tank4"},
		"the text of what only brings it":      {"Notification from pump7", "Dear administrator,\n\nThe seal of pump7 is worn.\n", "The seal of pump7 is worn."},
		"a message rather than its severity":   {"alert", "Severity: critical failure\nMessage: the pump does not answer\nHost: p1", "Message: the pump does not answer"},
		"an attribute that is a sentence":      {"disk", "Type: disk\nDevice: /dev/sda, unable to open the device", "Device: /dev/sda, unable to open the device"},
		"the message of an event":              {"alert", "Event Message: Fault of the seal of pump7.\nSeverity: high\nLocation: hall 7", "Event Message: Fault of the seal of pump7."},
		"not that of a commit":                 {"build", "Commit message: Fix error handling of failed payments\nBuild step 'mvn test' failed with exit code 1", "Build step 'mvn test' failed with exit code 1"},
		"a record of Monolog":                  {"[shop] An Error Occurred!", "[2026-02-04T00:05:05+00:00] app.CRITICAL: Error thrown in checkout. Error: \"Handling of 17 failed: gate is shut\" []", "[2026-02-04T00:05:05+00:00] app.CRITICAL: Error thrown in checkout. Error: \"Handling of 17 failed: gate is shut\" []"},
		"the number of an error":               {"shop: alert log errors", "the nightly load of stock began\nORA-00600: internal error code, arguments: [17], [4]\nthe load ended at 3", "ORA-00600: internal error code, arguments: [17], [4]"},
		"an exception in capitals":             {"plant", "the controller levelctl has ended at 3\nraised RANGE_ERROR : level of tank 4", "raised RANGE_ERROR : level of tank 4"},
		"an error with its code":               {"build", "error[E0382]: borrow of moved value: `j`\nerror: could not compile `ingest` due to 1 previous error", "error[E0382]: borrow of moved value: `j`"},
		"no note that a mail is automatic":     {"Nivel bajo en pozo7", "Nivel: 0,94 m\nMensaje automático, no responder.", "Nivel bajo en pozo7"},
		"no line of a source":                  {"test 7", "> 17 | expect(failed()).toBe(error); // fatal\n     |     ^^^^^^^\nthe total of 3 lines is wrong", "the total of 3 lines is wrong"},
		"not what is no error":                 {"cron", "This is not a software error of 17\nthe memory of bank 7 is corrupt", "the memory of bank 7 is corrupt"},
		"what is behind what something is not": {"import of acme", "starting the import of 17\ndb1 is not a master: connection error on port 3306", "db1 is not a master: connection error on port 3306"},
		"what Erlang calls an exception":       {"inventory of app1", "=CRASH REPORT==== 17 ===\n  crasher:\n    exception exit: {timeout,\n      {gen_server,call,[stock]}}\n    message_queue_len: 0", "exception exit: {timeout,"},
		"what something was caused by":         {"script of Shop", "Script unhandled by user 17\ncaused by: DmlException: Update failed. First on row 74", "caused by: DmlException: Update failed. First on row 74"},
		"a row with its number":                {"orders", " id | message\n 17 | connect() to upstream failed (111: Connection refused)", "17 | connect() to upstream failed (111: Connection refused)"},
		"a row of a table":                     {"orders", "7 | order 4711 was refused by the bank\n8 | order 4712 was paid", "7 | order 4711 was refused by the bank"},
		"no detail behind the prefix of a log": {"PostgreSQL errors", "[17] app@shop ERROR:  new row violates the check of stock\n[17] app@shop DETAIL:  Failing row contains (B-7, -6, 1).", "[17] app@shop ERROR:  new row violates the check of stock"},
		"no frame around a report":             {"pipeline 7", "╷\n│ Error: the pool has no capacity left\n│   on main.tf line 12:\n╵", "Error: the pool has no capacity left"},
		"no advice":                            {"pool", "state of the pool is degraded\naction: replace the missing device and online it", "state of the pool is degraded"},
		"not what is around it":                {"mail", "This message was sent by an automatic error reporter\nPlease do not reply, or errors get lost\nlookup of db1 failed", "lookup of db1 failed"},
		"no signature":                         {"mail", "lookup took long today\n--\nError Tracking Team, fatal errors are our business", "lookup took long today"},
		"not what may happen":                  {"note", "if the disk fails, data may get lost\nthe disk sdb failed at noon", "the disk sdb failed at noon"},
		"not where more can be found":          {"build", "ERROR a log of all this can be found in /var/log/build.log\nERROR db1 knows no such name", "ERROR db1 knows no such name"},
		"what a compiler guesses about":        {"build", "cfg.h:17: warning: \"TICK\" redefined\nadc.c:91:16: error: SWSTART undeclared here; did you mean START?", "adc.c:91:16: error: SWSTART undeclared here; did you mean START?"},
		"no detail of the line before":         {"nightly", "ERROR: new row violates the check of stock\nDETAIL:  Failing row contains (B-7, -6, 1).", "ERROR: new row violates the check of stock"},
		"why a program ended, not how":         {"nightly", "copy: /srv/a: no space left on device\nbackup exited with code 2, exiting now\nERROR: Job failed: exit code 2", "copy: /srv/a: no space left on device"},
		"how a program ended, if nothing else": {"nightly", "the copy began at 3\nbackup failed with exit code 2", "backup failed with exit code 2"},
		"a failure in French":                  {"sauvegarde", "tar: /srv/a : écriture : Aucun espace disponible sur le disque\nla suite est ignorée", "tar: /srv/a : écriture : Aucun espace disponible sur le disque"},
		"no failure in German":                 {"Sicherung", "Keine Fehler gefunden bei der Kopie\nder Server /srv/a antwortete nicht rechtzeitig", "der Server /srv/a antwortete nicht rechtzeitig"},
		"the first of equal ones":              {"log", "login of anna failed\nlogin of otto failed", "login of anna failed"},
		"the subject where no line says more":  {"disk full on db1", "see the graph\nregards", "disk full on db1"},
		"a line where the subject says less":   {"Application error", "order 4711 was refused by the bank", "order 4711 was refused by the bank"},
		"a line in German":                     {"Sicherung", "die Sicherung begann um 3 Uhr\nKopieren nach /mnt fehlgeschlagen: kein Platz\nEnde", "Kopieren nach /mnt fehlgeschlagen: kein Platz"},
		"a line in French":                     {"sauvegarde", "début de la sauvegarde\nla copie de base1 a échoué\nfin", "la copie de base1 a échoué"},
		"an exception in a log":                {"log", "worker 3 began\nZeroDivisionError: division by zero\nworker 3 ended", "ZeroDivisionError: division by zero"},
	} {
		t.Run(name, func(t *testing.T) {
			headline, isSubject, lines := telling.Of(test.subject, test.text)
			if headline.Text != test.want || isSubject != (test.want == test.subject) {
				t.Errorf("it is %q (%d), not %q, of %+v", headline.Text, headline.Score, test.want, lines)
			}
		})
	}
}

func TestAShortTextIsKnownByAllThatItSaysAndALongOneByItsFailures(t *testing.T) {
	short := "Hello Anna,\nThis is an automatically generated message of the watchdog\nthat runs on claudius\n\nthe job System.State was stored\nHost: web1\nregards"
	if got := texts(short); got != "the job System.State was stored" {
		t.Errorf("of a short text: %q", got)
	}
	failed := "A container could not be started\nReason: CrashLoopBackOff\n{\"code\":\"declined\"}\ncheckout"
	if got := texts(failed); strings.Count(got, "|") != 3 {
		t.Errorf("of a short text with a failure: %q", got)
	}
	named := "2 jobs failed in total\nBackup of srv failed: 2026-03-09 03:17:42\nError: https://shop/pay returned 500\nContact lost with UPS\nStart time: 2026-03-09 03:17:42"
	if got := texts(named); strings.Count(got, "|") != 3 || strings.Contains(got, "Start time") {
		t.Errorf("of lines that name what failed: %q", got)
	}
	for _, cause := range []string{"Access denied", "Reason: tape dirty", "Ursache: Platte voll", "SQLSTATE: 40001", "Échec de la copie"} {
		if got := texts(strings.Repeat("step went on for 17 files\n", 15) + "The backup job failed today\n" + cause + "\nEnd"); !strings.Contains(got, cause) {
			t.Errorf("of a long text that says why: %q", got)
		}
	}
	long := strings.Repeat("the job went on for a while\n", 20) + "the disk sdb failed\n" + strings.Repeat("and on it went for a while\n", 20)
	if got := texts(long); got != "the disk sdb failed" {
		t.Errorf("of a long text: %q", got)
	}
}

func TestALineThatOnlyRefersOrIntroducesIsNoHeadline(t *testing.T) {
	for text, want := range map[string]string{
		"The worker named bsd13 is down.\nIt was last disconnected at 03:44.":    "The worker named bsd13 is down.",
		"== fatal errors from 90.rsync ==\nCan't connect to nas3 as backup":      "Can't connect to nas3 as backup",
		"# A fatal error has been detected:\n#\n#  SIGSEGV (0xb) at pc=0x7f":     "SIGSEGV (0xb) at pc=0x7f",
		"Alarm Start Time(D/M/Y H:M:S): 03/11/2026 02:14:05\nvideo loss of gate": "video loss of gate",
		"Problem log: https://wiki.example.com/failed\nnas3 lost its disk":       "nas3 lost its disk",
	} {
		if headline, _, _ := telling.Of("report", text); headline.Text != want {
			t.Errorf("%q of %q, want %q", headline.Text, text, want)
		}
	}
}

func texts(text string) string {
	_, _, lines := telling.Of("s", text)
	var all []string
	for _, line := range lines {
		all = append(all, line.Text)
	}
	return strings.Join(all, "|")
}

func FuzzOf(f *testing.F) {
	f.Add("backup", "no errors\nError: not found\n--\n", "- ")
	f.Add("", ":\n\n:", ":")
	f.Add("0 errors", "|a | b | c\n<error>[warn]", "no ")
	f.Fuzz(func(t *testing.T, subject, text, part string) {
		headline, isSubject, lines := telling.Of(subject, text)
		if isSubject && headline.Text != strings.TrimSpace(subject) {
			t.Errorf("the headline %q is not the subject %q", headline.Text, subject)
		}
		for _, line := range lines {
			if line.Text == "" || strings.ContainsAny(line.Text, "\n") {
				t.Errorf("a telling line is %q", line.Text)
			}
		}
		testutil.CheckLinear(t, testutil.FuzzSize, testutil.Shape{Open: part}.Grow, func(text string) { telling.Of(text, text) })
	})
}
