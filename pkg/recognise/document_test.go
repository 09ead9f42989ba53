package recognise

import (
	"fmt"
	"strings"
	"testing"
)

// manyJobs is a document of so many jobs, of which one failed.
func manyJobs(n, failed int) string {
	jobs := make([]string, n)
	for i := range jobs {
		status := "ok"
		if i == failed {
			status = "failed"
		}
		jobs[i] = fmt.Sprintf(`{"n": "job%d", "status": %q}`, i, status)
	}
	return `{"jobs": [` + strings.Join(jobs, ", ") + `]}`
}

// What says that something is wrong, or only that something else is well, is no good news.
func TestWhatIsNotSaidToBeWellIsBad(t *testing.T) {
	r := newRecogniser(t)
	for _, tt := range []struct{ subject, text string }{
		{"Temperature above normal in room 2", ""}, {"Temperature higher than normal in room 2: 41", ""}, {"Temperatur über normal im Raum 2", ""},
		{"Room", "Temperature is above normal"}, {"Priority normal in queue 7: printer jam", ""}, {"Water leak, pressure normal in room 2", ""},
		{"Voltage normal on L1, none on L2", ""}, {"Certificate for pump7.example valid until 2026-12-02, renew now", ""}, {"Licence", "Valid until: 2026-12-01\nDays left: 1"},
		{"pump7.service is inactive (dead)", "Loaded: loaded (/lib; enabled)\nActive: inactive (dead)"}, {"pump7 unit went inactive (dead) on web1", "ok"},
		{"Waiting until pump7 is online again", ""}, {"You will be notified when pump7 is online again", ""}, {"Alarm", "Sie erhalten eine Mail, sobald die Pumpe wieder erreichbar ist."},
		{"Plant 7: pump 2 non invia dati", "Ultimo codice errore: nessuno"}, {"Pumpe 7 pumpt nicht", "Fehler: keine"}, {"pump7 hasn't reported", "errors: 0"},
		{"PLANT1 Alert: Mirror Disk 0 is Degraded", ""}, {"Fan 0 was stopped", ""}, {"[Plant] 17 valves without pressure", "17 valves had no pressure and were skipped"}, {"[Anlage] 17 Ventile", "17 Ventile hatten keinen Druck und wurden übersprungen"},
		{"kernel", "INFO: task pump:512 blocked for more than 120 seconds."}, {"Werk 7: Netzausfall", "Fehler: keine"}, {"❌ node pump-4 NotReady", "errors: 0"},
		{"Falha na rede elétrica", "Nobreak 2"}, {"Störung im Netzbetrieb", ""}, {"Alarme incendie sur secteur 2", ""}, {"Il problema è tornato", "nas3 di nuovo lento"}, {"Powrót awarii", ""}, {"Le job est revenu en échec", ""},
		{"Email tornata al mittente", ""}, {"Retour en ligne prévu à 14:00", ""}, {"S3 bucket publicly accessible", ""}, {"Security scan", "Redis on port 6379 is accessible"}, {"Speicherplatz verfügbar: 1 %", ""},
		{"Fridge 3: 14 C", "Must be within limits 2-8 C"}, {"Container shop exited from running", ""}, {"Please shut the freezer door properly", "Freezer 3 at -4 C"},
		{"Fin défaut alimentation prévue à 14h", ""}, {"Ende der Störung nicht absehbar", ""}, {"La fin d'alerte n'est pas arrivée", ""}, {"Fehler wiedergekehrt", ""},
		{"Leak alarm detected for boiler!", `{"battery": 91, "battery_low": false, "tamper": false, "water_leak": true}`}, {"Alarm of pump7", `{"dry": true, "tamper": false}`},
		{"Pumpe 3 trocken", "Die Pumpe 3 läuft trocken.\nMeldung geht an: Bereitschaft Nord"}, {"Alarm geht los in Halle 3", ""}, {"Alarm over 80 C in tank 3", ""}, {"Fire alarm gone off in hall 3", ""},
		{"[Netz] Ende der Störung unbekannt", ""}, {"Stromausfall Werk 2: Ende der Störung gegen 18:00 Uhr", ""}, {"Schijfruimte beschikbaar: 2%", ""}, {"Bring pump7 back to life", ""},
		{"Alert", "{\n  host: 'pump7',\n  status: 'down'\n}"},
		{"Störmeldung KOMMT: Tank 2 warm", ""}, {"Störungsmeldung Heizung", "Status: aktiv"}, {"[GTC] Fin de défaut impossible", ""}, {"[plant] valve kommend", ""},
		{"ALARM pump7 - motor", "Status: ACTIVE"}, {"Alarm pump7", "Zustand: aktiv"},
		{"Report", manyJobs(60, 30)}, {"Backup completed", manyJobs(60, 30)},
		{"Note", `{"message": "pump leaks", "gateway": {"state": "connected"}}`}, {"Note", `{"status": null, "expected": {"status": "ok"}}`},
		{"Note", `{"current": {"status": "weird"}, "previous": {"status": "ok"}}`}, {"Note", `{"lastStatus": "OK", "status": "weird"}`}, {"Note", `{"status": null, "healthy": null}`},
		{"Backup completed", `{"failedJobs": 3}`}, {"Backup completed", `{"failed_jobs": 3}`}, {"Backup completed", `{"errorCount": 3}`}, {"Backup completed", `{"hasErrors": true}`},
		{"Note", `{"state": "finished", "isSuccess": false}`}, {"Note", `{"status": "ok", "downServers": ["pump7"]}`}, {"Note", "result=success errorCount=3 job=x"},
		{"Note", `{"status": "resolved", "alerts": [{"name": "A", "status": "resolved"}, {"name": "B", "status": "firing"}]}`},
		{"Backup successful", `{"message": "Report\n-- \ndisk sda failed"}`},
	} {
		t.Run(tt.subject+" "+tt.text[:min(len(tt.text), 60)], func(t *testing.T) {
			if rec := r.Of(mailOf(Example{Subject: tt.subject, Text: tt.text})); !rec.Status.IsBad() {
				t.Errorf("%s (%s)", rec.Status, rec.Why)
			}
		})
	}
}

// The things that documents and logs are about under a subject that names none, or the machine only.
func TestDocumentsAndLogsAreAboutTheirThings(t *testing.T) {
	r := newRecogniser(t)
	for _, tt := range []struct{ name, subject, one, other, objectOfOne, objectOfOther string }{
		{"another item of a host", "Alert", `{"host": "db1", "item": "disk", "status": "firing"}`, `{"host": "db1", "item": "cpu", "status": "resolved"}`, "db1/disk", "db1/cpu"},
		{"names of inner objects", "Alert", `{"host": {"name": "h1"}, "service": {"name": "disk"}, "status": "firing"}`, `{"host": {"name": "h1"}, "service": {"name": "cpu"}, "status": "resolved"}`, "h1/disk", "h1/cpu"},
		{"not what is true", "Event", `{"enabled": true, "target": "api", "status": "down"}`, `{"enabled": true, "target": "web", "status": "up"}`, "api", "web"},
		{"not how it is", "Event", `{"online": false, "device": "pump"}`, `{"online": true, "device": "pump"}`, "pump", "pump"},
		{"not the environment", "Event", `{"env": "prod", "service": "a", "status": "down"}`, `{"env": "prod", "service": "b", "status": "up"}`, "a", "b"},
		{"not the level of a log", "pump7", "ERROR: fill of tank1 failed", "INFO: fill of tank2 succeeded", "pump7/fill of tank1", "pump7/fill of tank2"},
		{"not the machine again", "pump7", "Checks on pump7: http failed", "Checks on pump7: smtp recovered", "pump7/http", "pump7/smtp"},
		{"not a logger", "Plant event", "ERROR [worker-2] c.b.JobRunner - Fill of tank1 failed: java.io.IOException: timed out", "INFO [worker-2] c.b.JobRunner - Fill of tank1 succeeded (read=7)", "Plant event/Fill of tank1", "Plant event/Fill of tank1"},
		{"not a secret", "Login failed", `{"password": {"current": "pw-of-ann"}}`, "Password: pw-of-ben", "Login", "Login"},
		{"not an amount", "Site seven down", "Time left: 34 min", "Time left: 36 min", "Site seven", "Site seven"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			of := func(text string) string {
				return r.Of(mailOf(Example{From: "root@pump7.plant.example", Subject: tt.subject, Text: text})).Object
			}
			if one, other := of(tt.one), of(tt.other); one != tt.objectOfOne || other != tt.objectOfOther {
				t.Errorf("%q and %q, want %q and %q", one, other, tt.objectOfOne, tt.objectOfOther)
			}
		})
	}
}
