package recognise

import (
	"testing"

	"github.com/hut8labs/failmail/pkg/meaning"
)

// What an unknown sender says of one thing when it goes wrong and when it is over.
func TestAProblemAndItsEndAreAboutOneThing(t *testing.T) {
	r := newRecogniser(t)
	for _, tt := range []struct {
		name, problem, problemText, end, endText, object string
	}{
		{"verbs of change", "pump7 went offline", "", "pump7 came back online", "", "pump7"},
		{"how it was and is", "pump7 is down", "", "pump7 was down but is back online now", "", "pump7"},
		{"how it was, and what was done", "pump7 down on site2", "", "pump7 was down -but restarted- on site2", "", "pump7 on site2"},
		{"the date of a run", "Fill full-20261109234520 of tank4 failed", "", "Fill full-20261110234522 of tank4 succeeded", "", "Fill full of tank4"},
		{"a day in brackets", "certificate of pump7.example expires in 9 days (Nov 19 2026)", "", "certificate of pump7.example renewed, valid until Feb 17 2027", "", "certificate of pump7.example"},
		{"a reading of one letter", "Temperature high in pump room: 35 C", "", "Temperature normal in pump room: 24 C", "", "Temperature in pump room"},
		{"what feeds it", "pump7 has switched to battery mode", "", "pump7 has returned to AC power", "", "pump7"},
		{"a stage behind a name in brackets", "[Plant] Identified: slow pumps on site2", "", "[Plant] Resolved: slow pumps on site2", "", "[Plant] slow pumps on site2"},
		{"any good state again", "pump7 is unhealthy", "", "pump7 is healthy again", "", "pump7"},
		{"a unit that has ended", "pump7.service failed", "Active: failed (Result: exit-code)", "pump7.service finished", "Active: inactive (dead) since Fri 2026-11-13", "pump7.service"},
		{"no file of a day", "Import of ACME", "failed\nFile: ORDERS_20261113.edi", "Import of ACME", "completed", "Import of ACME"},
		{"keys as programs write them", "Plant event", "instance-id: pump7\nnewState: failed", "Plant event", "instance-id: pump7\nnewState: recovered", "Plant event/pump7"},
		{"how it was before", "Plant event", `{"service": "pump7", "state": "DOWN"}`, "Plant event", `{"service": "pump7", "state": "UP", "previous_state": "DOWN"}`, "Plant event/pump7"},
		{"a field under the name of a machine", "report of pump7", "Service: valve\nState: DOWN", "report of pump7", "Service: valve\nState: UP", "report of pump7/valve"},
		{"a name rather than a kind", "Plant event", "Source: tank-pumps\nSource ID: pump-seven\nMessage: is down", "Plant event", "Source: tank-pumps\nSource ID: pump-seven\nMessage: is up again", "Plant event/pump-seven"},
		{"a percentage apart", "Level of tank4 too low, 12 %", "", "Level of tank4 normal, 82 %", "", "Level of tank4"},
		{"what only the text names", "Fill report", "Fill of tank4 failed: pump stuck", "Fill report", "Fill of tank4 completed successfully", "Fill report/Fill of tank4"},
		{"a name in front of a colon in the text", "Fill report", "tank4: fill failed", "Fill report", "tank4: fill ok", "Fill report/tank4"},
		{"a device that only the text names", "Disk space low", "The space on partition /dev/sda2 is at 91 %.", "Disk space normal", "The space on partition /dev/sda2 is at 40 %.", "Disk space/dev/sda2"},
		{"a machine that only the text names", "Backup failed", "no copy to copy@site2.plant.example.net", "Backup done", "copied to copy@site2.plant.example.net", "Backup/copy@site2.plant.example.net"},
		{"not where something came from", "Import failed", "no answer from 192.0.2.7", "Import done", "data from 192.0.2.9", "Import"},
		{"an alert that is named after the state", "Host DOWN alert for pump7 since 0d 0h 1m 0s", "", "Host UP alert for pump7 since 0d 0h 0m 0s", "", "Host alert for pump7"},
		{"how it is and was", "pump7 ist offline", "", "pump7 ist wieder online, nachdem es offline war", "", "pump7"},
		{"how it is after it was otherwise", "pump7 is unreachable", "", "pump7 is back online after being unreachable for 3 minutes", "", "pump7"},
		{"the state that it left", "Device Error: pump7 is DOWN", "", "Device Notice: pump7 returned from DOWN state", "", "Device pump7"},
		{"a limit and a value", "ALERT: tank4 level [cm] went above Threshold of 90 with 93.4", "", "NORMAL: tank4 level [cm] restored to Normal Threshold with value 71.2", "", "tank4 level [cm]"},
		{"a limit without a number", "tank4: inlet flow above upper critical threshold", "", "tank4: inlet flow returned to normal", "", "tank4: inlet flow"},
		{"a tag at the end only", "queue of printer9 failed", "", "RESOLVED: queue of printer9 failed", "", "queue of printer9"},
		{"an attribute of what is measured", "[plant] pump7 high pressure exceeded", "", "[plant] CLEAR: pump7 high pressure restored", "", "[plant] pump7 high pressure"},
		{"what an incident becomes", "Incident 4711 opened: tank4 leaks", "", "Incident 4712 closed: tank4 leaks", "", "tank4 leaks"},
		{"a reminder", "REMINDER: pump7 still DOWN", "", "RESOLVED: pump7 is UP", "", "pump7"},
		{"how long it took", "DOWN: Checkout since 9:05 am", "", "RECOVERED: Checkout after 1 h 22 min", "", "Checkout"},
		{"tags side by side", "[plant alert][DOWN] tank4", "", "[plant alert][UP] tank4", "", "tank4"},
		{"an alarm that comes and goes", "Störmeldung KOMMT: Tank 2 warm", "", "Störmeldung GEHT: Tank 2 warm", "", "Tank 2 warm"},
		{"the end of a fault behind a tag", "[GTC] Défaut Chaudière n°1", "", "[GTC] Fin de défaut Chaudière n°1", "", "[GTC] Chaudière n°1"},
		{"in Dutch", "ALARM: shop.example niet bereikbaar", "", "HERSTELD: shop.example weer beschikbaar", "", "shop.example"},
		{"the severity of an alert", "site2 Alert 4711 [critical] opened: valve stuck open", "", "site2 Alert 4711 [critical] closed: valve stuck open", "", "site2 valve stuck open"},
		{"a state behind the last dash", "[Status] Incident - Slow pumps - Investigating", "", "[Status] Incident - Slow pumps - Resolved", "", "[Status] Slow pumps"},
		{"codes of severities", "[plant.example][CRIT-850] Line 2 is down", "", "[plant.example][INFO-851] Line 2 is up again", "", "[plant.example] Line 2"},
		{"codes with an underline", "PLAN - FILL_MISS (Tank=t4, RunID=0041-W)", "", "PLAN - FILL_MET (Tank=t4, RunID=0042-W)", "", "PLAN (Tank=t4"},
		{"numbers of runs in a path", "Step [pump/412/unit/1] failed", "", "Step [pump/413/unit/1] is fixed", "", "Step [pump/unit/1]"},
		{"numbers of runs behind a name", "Broken: acme/pump#412 (main)", "", "Fixed: acme/pump#413 (main)", "", "acme/pump (main)"},
		{"how a run ended", "Run_id=41207 Name=mesh Failed, Run time 01:12:09, ExitCode 1", "", "Run_id=41219 Name=mesh Ended, Run time 02:40:11, ExitCode 0", "", "Name=mesh Run time"},
		{"codes of Windows", `Task "Fill" on PC4 finished with result 0x1`, "", `Task "Fill" on PC4 finished with result 0x0`, "", `Task "Fill" on PC4`},
		{"how long it took", "DOWN: pump7 since 02:14:07", "", "UP: pump7 after 4 minutes of downtime", "", "pump7"},
		{"a state of which", "Gate of pump7 is now failed", "", "Gate of pump7 is back to passed", "", "Gate of pump7"},
		{"what the fields name", "Plant event", "Host: pump7\nService: pressure\nState: CRITICAL\nPrevious state: OK", "Plant event", "Host: pump7\nService: pressure\nState: OK\nPrevious state: CRITICAL", "Plant event/pump7/pressure"},
		{"fields under a subject that names nothing", "Event", "Host: pump7\nService: pressure\nState: CRITICAL", "Event", "Host: pump7\nService: pressure\nState: OK", "pump7/pressure"},
		{"the begin of a sentence", "Error in job fill7", "", "Job fill7 finished", "", "Job fill7"},
		{"an adjective in front", "High load on pc4", "", "Load on pc4 is normal", "", "Load on pc4"},
		{"a name of the day", "import stock_2026-11-09.csv failed", "", "import stock_2026-11-10.csv ok", "", "import stock.csv"},
		{"a severity in front of a name", "Warning [Barn] - Tank check finished (12 errors)", "", "Notice [Barn] - Tank check finished (0 errors)", "", "[Barn] Tank check finished"},
		{"an end of a fault, in French", "DEFAUT Compresseur C1", "", "FIN DEFAUT Compresseur C1", "", "Compresseur C1"},
		{"the date of a backup, in Portuguese", "Falha: Backup - 06-Out-2026 - Fita7", "", "Sucesso: Backup - 07-Out-2026 - Fita7", "", "Backup Fita7"},
		{"a negated fault", "[TH] BROKEN valve7 thresh", "", "[TH] UN-BROKEN valve7 thresh", "", "[TH] valve7 thresh"},
		{"a range", "Alarm: Sensor Rack top - Out of range", "", "Alarm end: Sensor Rack top - Normal", "", "Sensor Rack top"},
		{"a fault of something, in Portuguese", "Falha no envio dos dados7", "", "Sucesso: envio dos dados7", "", "envio dos dados7"},
		{"a state of a field", "ALARM pump7 - motor", "Status: ACTIVE", "ALARM CLEARED pump7 - motor", "Status: CLEARED", "pump7 motor"},
		{"a limit in words", "load above threshold of 8 with 9.7", "", "load restored to normal", "", "load"},
		{"a value in brackets", "Temperature of tank4 too high (38 °C)", "", "Temperature of tank4 normal (24 °C)", "", "Temperature of tank4"},
		{"an amount", "Queue fill7 has 4120 messages", "", "Queue fill7 is back to normal (12 messages)", "", "Queue fill7"},
		{"a state behind a tag", "CRITICAL - pump7/valve - slave stopped", "", "OK - pump7/valve - slave running", "", "pump7/valve slave"},
		{"a link", "Link eth3 on sw4 down", "", "Link eth3 on sw4 up", "", "Link eth3 on sw4"},
		{"a process", "Process fill7 is not running", "", "Process fill7 is running", "", "Process fill7"},
		{"tags one behind the other", "Notice #4711: valve of pump7 down.", "", "RESOLVED: Notice #4711: valve of pump7 down.", "", "valve of pump7"},
		{"the importance in front", "Warning [plant] - pump7 leaks", "", "[plant] - pump7 leaks - Resolved", "", "[plant] pump7 leaks"},
		{"a symbol", "\u2620 Fill (main): pump7 failed", "", "\u263a Fill (main): pump7 passed", "", "Fill (main): pump7"},
		{"the day of a month", "Fill report for October 3, 2026: failed", "", "Fill report for October 4, 2026: success", "", "Fill report"},
		{"states of two words", "Status Updated", "Pump7 status changed from Operational to Major Outage.", "Status Updated", "Pump7 status changed from Major Outage to Operational.", "Pump7"},
		{"how many there are", "Fill: pump7 run completed with 12 errors", "", "Fill: pump7 run completed", "", "Fill: pump7 run"},
		{"a new one", "New incident: pump7.example", "", "Resolved: pump7.example", "", "pump7.example"},
		{"a severity in front", "[plant] CRITICAL: PUMP3 valve failed", "", "[plant] INFORMATIONAL: PUMP3 valve ok", "", "[plant] PUMP3 valve"},
		{"a normal state of what", "pump7 has lost inlet", "", "pump7 has returned to a normal inlet state", "", "pump7 inlet"},
		{"in German", "Dienst Pumpe7 inaktiv auf w4", "", "Dienst Pumpe7 wieder aktiv auf w4", "", "Dienst Pumpe7 auf w4"},
		{"in German, a connection", "Pumpe7: Leitung unterbrochen", "", "Pumpe7: Leitung wiederhergestellt", "", "Pumpe7: Leitung"},
		{"in Spanish, without accents", "Bomba7 caida en s4", "", "Bomba7 se ha recuperado en s4", "", "Bomba7 en s4"},
		{"in Spanish, denied", "La bomba7 no está disponible", "", "La bomba7 vuelve a estar disponible", "", "bomba7"},
		{"in Italian", "Pompa7 fermato su s4", "", "Pompa7 ripartito su s4", "", "Pompa7 su s4"},
		{"in Portuguese", "Bomba7 está OFFLINE", "", "Bomba7 esta ONLINE", "", "Bomba7"},
		{"in French", "La pompe7 ne répond plus", "", "La pompe7 répond à nouveau", "", "pompe7"},
		{"in Polish", "Pompa7 jest niedostępna", "nie odpowiada", "Pompa7 jest ponownie dostępna", "", "Pompa7"},
		{"in Japanese", "【障害】pump7 が応答しません", "", "【復旧】pump7 が復旧しました", "", "【】pump7 が"},
		{"in Chinese", "[告警] pump7 压力", "", "[恢复] pump7 压力", "", "pump7 压力"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			problem := r.Of(mailOf(Example{Subject: tt.problem, Text: tt.problemText}))
			end := r.Of(mailOf(Example{Subject: tt.end, Text: tt.endText}))
			if !problem.Status.IsBad() || !end.Status.IsGood() {
				t.Errorf("%s (%s), then %s (%s)", problem.Status, problem.Why, end.Status, end.Why)
			}
			if problem.Object != tt.object || end.Object != tt.object {
				t.Errorf("of %q, then of %q; want %q", problem.Object, end.Object, tt.object)
			}
		})
	}
}

// Under a subject that names only the machine that sends it, a mail is about what its text says.
func TestTheNameOfTheSendingMachineIsNoThing(t *testing.T) {
	r := newRecogniser(t)
	of := func(from, subject, text string) string {
		return r.Of(mailOf(Example{From: from, Subject: subject, Text: text})).Object
	}
	for _, tt := range []struct{ name, from, subject, text, object string }{
		{"of a machine", "root@pump7.plant.example", "watch pump7", "container valve-app is unhealthy", "watch pump7/container valve-app"},
		{"of another machine", "root@pump7.plant.example", "watch pump8", "container valve-app is unhealthy", "watch pump8"},
		{"of a company", "root@pump7.example", "watch pump7", "container valve-app is unhealthy", "watch pump7"},
		{"where the subject says how it is", "root@pump7.plant.example", "pump7 failed", "container valve-app is unhealthy", "pump7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := of(tt.from, tt.subject, tt.text); got != tt.object {
				t.Errorf("%q, want %q", got, tt.object)
			}
		})
	}
}

// What ends one of these ends no other.
func TestDifferentThingsStayApart(t *testing.T) {
	r := newRecogniser(t)
	seen := make(map[string]string)
	for _, mail := range []Example{
		{Subject: "[FIRING] High pressure of pump7"}, {Subject: "[FIRING] Low pressure of pump7"},
		{Subject: "Disk 3 of nas1 failed"}, {Subject: "Disk 4 of nas1 failed"}, {Subject: "Disk 3 of nas2 failed"},
		{Subject: "Host Error: pump7 is DOWN"}, {Subject: "Service Error: pump7 is DOWN"},
		{Subject: "tank4: inlet flow above upper threshold"}, {Subject: "tank4: outlet flow above upper threshold"},
		{Subject: "Alert", Text: "Host: pump7\nService: pressure\nState: DOWN"}, {Subject: "Alert", Text: "Host: pump7\nService: motor\nState: DOWN"},
		{Subject: "Alert", Text: "Host: pump8\nThe seal is broken"}, {Subject: "Alert", Text: "Host: pump8\nThe valve is broken"},
		{Subject: "Fill report", Text: "Fill of tank4 failed: pump stuck"}, {Subject: "Fill report", Text: "Fill of tank5 completed successfully"},
		{Subject: "site", Text: "https://plant.example is DOWN (HTTP 503)"}, {Subject: "site", Text: "https://shop.example is UP (HTTP 200)"},
		{Subject: "VPN", Text: "Tunnel North is down"}, {Subject: "VPN", Text: "Tunnel South is up"},
		{Subject: "Backup Error: tape 4"}, {Subject: "Restore Error: tape 4"},
		{Subject: "Step [pump/412/unit/1] failed"}, {Subject: "Step [pump/412/unit/2] failed"},
	} {
		object := r.Of(mailOf(mail)).Object
		if other, twice := seen[object]; twice {
			t.Errorf("%q is %q, as is %q", mail.Subject+mail.Text, object, other)
		}
		seen[object] = mail.Subject + mail.Text
	}
}

func TestWhatIsBesidesAProblemInforms(t *testing.T) {
	r := newRecogniser(t)
	for _, subject := range []string{
		"Successful console login of lena", "Downtime of pump7 has ended", "Maintenance of line 2 completed", "IP ban: 203.0.113.7",
		"Run 41220 of mesh Began", "watch7: blocked 203.0.113.7 (NL)", "watch7: 203.0.113.7 blocked for scanning",
	} {
		if rec := r.Of(mailOf(Example{Subject: subject})); rec.Status != meaning.Info {
			t.Errorf("%q: %s %s", subject, rec.Status, rec.Why)
		}
	}
}
