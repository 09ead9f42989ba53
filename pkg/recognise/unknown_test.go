package recognise

import (
	"testing"

	"github.com/hut8labs/failmail/pkg/meaning"
)

func TestThingsThatDifferInANumberOrAFieldAreNotOneThing(t *testing.T) {
	r := newRecogniser(t)
	object := func(subject, text string) string {
		return r.Of(mailOf(Example{From: "mon@example.net", Subject: subject, Text: text})).Object
	}
	for name, pair := range map[string][2][2]string{
		"machines of three digits":  {{"Backup of VM 101 failed"}, {"Backup of VM 102 succeeded"}},
		"interfaces":                {{"Gi1/0/101 down"}, {"Gi1/0/102 up"}},
		"ports":                     {{"sw1 port 1/0/24 failed"}, {"sw1 port 1/0/23 OK"}},
		"numbers of pumps":          {{"Pump #3 failed"}, {"Pump #4 OK"}},
		"customers":                 {{"Kunde 1001: Import fehlgeschlagen"}, {"Kunde 1002: Import erfolgreich"}},
		"addresses with a port":     {{"192.0.2.1:8080 unreachable"}, {"192.0.2.2:8080 reachable"}},
		"a field that is not known": {{"Backup report", "UPS: rack1\nResult: failed"}, {"Backup report", "UPS: rack2\nResult: OK"}},
		"a field under a compound":  {{"Backup-Bericht", "Server: web1\nStatus: fehlgeschlagen"}, {"Backup-Bericht", "Server: web2\nStatus: erfolgreich"}},
	} {
		if a, b := object(pair[0][0], pair[0][1]), object(pair[1][0], pair[1][1]); a == b || a == "" || b == "" {
			t.Errorf("%s: they are about %q and %q", name, a, b)
		}
	}
	for name, pair := range map[string][2][2]string{
		"numbers of builds": {{"Build #412 of shop failed"}, {"Build #413 of shop succeeded"}},
		"readings":          {{"Temperature in room 2 too high: 43"}, {"Temperature in room 2 normal: 21"}},
		"what code has":     {{"Worker 7 failed", "connect failed {\n  code: 'ECONNREFUSED',\n}"}, {"Worker 7 succeeded", ""}},
		"another result":    {{"Backup report", "UPS: rack1\nResult: failed"}, {"Backup report", "UPS: rack1\nResult: OK"}},
	} {
		if a, b := object(pair[0][0], pair[0][1]), object(pair[1][0], pair[1][1]); a != b || a == "" {
			t.Errorf("%s: they are about %q and %q", name, a, b)
		}
	}
}

func TestWhatStandsBelowThatItIsOverIsOver(t *testing.T) {
	r := newRecogniser(t)
	for subject, text := range map[string]string{
		"Alarm summary for site 3": "The following alarms have been cleared:\n\nUPS 2: battery failed\nPDU 1: overload",
		"Site 3":                   "Resolved:\nDisk full on db1",
		"Monitoring":               "The following problems are resolved:\ndb1: disk full",
		"Monitoring of db1":        "Problem resolved:\nDisk full on /var",
		"Notification from site 3": "Recovered services:\n- nginx down on web1\n- disk full on web2",
	} {
		if rec := r.Of(mailOf(Example{From: "mon@example.net", Subject: subject, Text: text})); rec.Status != meaning.Recovery {
			t.Errorf("%q is %s (%s)", text, rec.Status, rec.Why)
		}
	}
}

func TestWhatIsNotAsItShouldBeIsAProblem(t *testing.T) {
	r := newRecogniser(t)
	for _, test := range [][2]string{
		{"web1 returned HTTP 503 instead of 200 OK"}, {"web1: expected 200 OK, got 404"}, {"db1: healthy -> sick"}, {"web1: OK -> ?"}, {"Last OK: 3 days ago"},
		{"Stale backup of db1", "The last backup succeeded on 2026-11-20."}, {"Backup too old: 5 days", "last backup completed successfully"}, {"Backup of srv7 has not started"},
		{"Sauvegarde de srv2 réussie", "gzip: stdout: Aucun espace disponible sur le périphérique"}, {"Sicherung von srv2 erfolgreich", "tar: /root: Keine Berechtigung"},
		{"Copia de srv2 completada", "cp: no se puede abrir: Permiso denegado"}, {"Backup of srv2 finished", "ssh: connect to host nas port 22: No route to host"},
		{"PBX has an updated list of SIP failures"}, {"Allocated JobId=1 Partition=debug"}, {"System check", "✓ all services run\n?  The disk has less than 30% free space."},
	} {
		if rec := r.Of(mailOf(Example{From: "mon@example.net", Subject: test[0], Text: test[1]})); !rec.Status.IsBad() {
			t.Errorf("%q is %s (%s)", test, rec.Status, rec.Why)
		}
	}
	for want, subjects := range map[meaning.Status][]string{
		meaning.Info:     {"Neues Update verfügbar", "Mise à jour disponible pour Rdiffweb"},
		meaning.Recovery: {"Le service nginx est de nouveau disponible", "Server shop revived"},
		meaning.OK:       {"Backup of web1 finished"},
	} {
		for _, subject := range subjects {
			if rec := r.Of(mailOf(Example{From: "mon@example.net", Subject: subject, Text: "It took less than 5 minutes; 300 GB free"})); rec.Status != want {
				t.Errorf("%q is %s (%s), want %s", subject, rec.Status, rec.Why, want)
			}
		}
	}
}

func TestAnUnknownStatusOfAFieldIsAProblem(t *testing.T) {
	r := newRecogniser(t)
	for value, want := range map[string]meaning.Status{"failed": meaning.Problem, "warn": meaning.Warning, "success": meaning.Problem, "OK": meaning.OK, "info": meaning.Info} {
		rec := r.Of(mailOf(Example{From: "mon@example.net", Subject: "night run", Text: "done", Header: map[string]string{StatusField: value}}))
		if rec.Status != want {
			t.Errorf("%q is %s (%s), want %s", value, rec.Status, rec.Why, want)
		}
	}
}
