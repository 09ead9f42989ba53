package recognise

import (
	"maps"
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/wordlist"
)

// A sense is what a word says about how something stands.
type sense uint8

const (
	silent    sense = iota
	bad             // it went or goes wrong: a state, an outcome, a verb
	fault           // a noun for what goes wrong, which may also be over: failure, outage
	alert           // a noun for the report of it, which says least
	worry           // it is not yet bad
	over            // it was bad, and is no longer
	well            // a state that is as it should be, so that a problem that was is over
	done            // an outcome that is as it should be
	aside           // about the reporting, not about what is reported
	remark          // for information only, unless something else is said
	denier          // denies what follows
	ended           // what follows is no longer so
	lifts           // a fault is over, where a line or what stands behind its tag begins so and says neither that it is not nor when it will be
	hedge           // makes of what happened what could happen
	job             // something that ends, rather than one that stands
	namesWhat       // behind a fault it makes a name: error log
	neutral         // says nothing about a state, though it stands where one could
	opens           // an alert or incident begins; says nothing of other things, as of a connection
	closes          // it is over
)

// words are what they say, in the languages that mails of machines come in; what several
// languages share stands once. Only whole words count.
var words = tableOf(map[sense]string{
	bad: `impossible imposible impossibile impossível unmöglich errored interrupted overran nok unreadable
		absent absente rollback stopped gestoppt arrêté arrêtée detenido detenida fermato fermata parado
		parada gestopt stoppad остановлен degraded fail fails failed failing broken cannot can't couldn't
		unable denied refused rejected aborted abort aborting
		crash crashed crashes crashing corrupt corrupted died dead killed terminated down offline
		unreachable unavailable
		inaccessible unresponsive disconnected unhealthy critical crit fatal emergency emerg severe panic
		panicked disaster
		lost missing missed expired exceeded exceeds exhausted overheated overloaded overdue stuck hung
		stalled deadlock faulted faulty
		firing fired triggered raised alarming breached breach red invalid uncorrectable unrecoverable
		unsuccessful unsuccessfully incomplete full infected
		compromised abend undefined unexpectedly prematurely vorzeitig verwehrt interdit interdite
		introuvable запрещён запрещена err major unrepairable undeliverable timed late deadlocked halted
		fehlgeschlagen gescheitert abgebrochen abgelehnt verweigert ausgefallen unerreichbar defekt
		beschädigt verloren überschritten
		unterbrochen getrennt blockiert verbindungsabbruch kritisch abgestürzt fehlgeschlagene fehlt voll
		abgelaufen
		échoué échouée échouées interrompu interrompue déconnecté déconnectée bloqué bloquée refusé refusée
		injoignable indisponible perdu perdue dépassé expiré critique
		falló fallido fallida fallado fallaron rechazado rechazada denegado denegada inaccesible perdido
		perdida caído caída desconectado desconectada bloqueado bloqueada crítico crítica caducado agotado
		interrumpido abortado incompleto
		fallito fallita falliti rifiutato negato scaduto guasto disconnesso disconnessa bloccato bloccata
		irraggiungibile perso interrotto critico
		falhou falharam desligado recusado recusada negado inacessível caiu expirou esgotado interrompido
		indisponível
		mislukt mislukte geweigerd onbereikbaar defect verlopen verbroken afgebroken kritiek
		misslyckades misslyckats kritisk nere inaktiv inactif inattivo nieudane nieudany niepowodzenie
		selhal selhala selhalo krytyczny niedostępny niedostępna сбой отказ недоступен недоступна критично
		критический ошибочно
		éteint éteinte apagado apagada spento spenta ausgeschaltet uitgeschakeld wyłączony wyłączona mancata mancato tripped kommend kommt notready caídos caídas`,
	fault: `failure failures error errors exception exceptions fault faults timeout timeouts outage outages
		violation violations malfunction
		mismatch corruption loss degradation incident interruption problem problems issue issues trouble
		vulnerabilities
		intrusion attack malware virus conflict conflicts shortage overload overheating breakage
		fehler zeitüberschreitung zeitüberschreitungen störung störungen ausfall ausfälle probleme
		abbruch alarmzustand
		erreur erreurs défaut défauts échec échecs panne pannes problème problèmes défaillance
		errores fallo fallos problema problemas avería
		errore errori problemi guasti anomalia
		erro erros falha falhas
		fout fouten storing storingen probleem problemen fel błąd błędy awaria chyba chyby ошибка ошибки
		ошибок авария проблема awarii usterka usterki problemu stroomstoring netwerkstoring`,
	alert: `danger gefahr peligro pericolo perigo gevaar alert alerts alarm alarms störmeldung störungsmeldung alarmmeldung alarme alarma allarme alerte
		alerta avviso meldung attention achtung atención attenzione atenção uwaga внимание pozor`,
	worry: `stale needs insuffisant insuffisante insuficiente insufficiente onvoldoende unzureichend cancelled
		canceled cancelado cancelada annulé annulée annullato annullata geannuleerd warning warnings warn unstable yellow amber minor expiring expires retry retrying
		partial partially skipped incomplète incompleta unvollständig onvolledig niekompletny
		teilweise parcialmente partiellement parzialmente gedeeltelijk częściowo übersprungen ignorés
		ignorées omitidos omitidas saltati saltate overgeslagen pominięto пропущено пропущены
		deprecated high low threshold suspicious unusual unexpected outdated flaky slow overrun
		insufficient_data nodata no_data
		unknown
		warnung warnungen beeinträchtigt instabil wenig niedrig warnhinweis
		avertissement avertissements dégradé faible instable
		advertencia advertencias degradado bajo
		avvertimento avvertenza degradato basso avvisi
		advertência aviso baixo
		waarschuwing waarschuwingen laag varning varningar ostrzeżenie varování предупреждение`,
	over: `recovered recovery recover recovers resolved restored cleared clear fixed repaired normalized
		normalised reestablished re-established reconnected deassertion deasserted de-asserted solved
		rebuilt revived
		behoben wiederhergestellt entwarnung erholt beendeter
		rétabli rétablie rétablissement résolu résolue restauré restaurée
		resuelto resuelta restablecido restablecida recuperado recuperada restaurado restaurada solucionado
		solucionada normalizado normalizada
		risolto risolta ripristinato ripristinata ripartito ripartita
		resolvido resolvida restabelecido restabelecida
		hersteld opgelost verholpen återställd återställt löst naprawiono rozwiązano odwołany odwołana
		odwołano obnoveno vyřešeno przywrócono восстановлен восстановлена восстановлено решено устранена
		устранено
		gehend geht un-broken unbroken przywrócone przywrócony przywrócona`,
	well: `ok okay up online responding healthy optimal normal green passing reachable available alive stable
		connected operational good in_sync running ready
		aktiv attivo attiva activo activa ativo ativa actif actief działa odpowiada aktywny aktywna
		erreichbar normalbetrieb gesund joignable disponible sain saine sains saines operativo raggiungibile
		operacional saludable saudável gezond bereikbaar disponível норма доступен доступна dostępny
		dostępna tillgänglig
		accessible accesible accessibile acessível zugänglich verfügbar toegankelijk funktioniert fonctionne fungerar funguje работает fonctionnel fonctionnelle beschikbaar goed dobrze wiedergekehrt`,
	done: `success successful successfully succeeded succeed succeeds completed complete completes finished
		done passed pass established
		succes verified updated installed upgraded renewed ended deployed processed
		erfolgreich erfolgreiche erfolgreicher erfolg abgeschlossen beendet fertig aktualisiert erneuert
		réussi réussie réussies succès terminé terminée terminés effectuée achevé achevée
		éxito exitoso exitosa correcto correctamente completado completada finalizado finalizada terminado
		terminada
		riuscito riuscita successo completato completata terminato terminata correttamente
		sucesso concluído concluída êxito
		succesvol succesvolle geslaagd voltooid gelukt afgerond klaar lyckades slutförd slutfört klart
		zakończono zakończony zakończona pomyślnie poprawnie sukces úspěšně dokončeno успешно успех
		gereed завершено завершен завершена выполнено`,
	aside: `acknowledged acknowledgement acknowledgment ack flapping
		suppressed silenced snoozed muted ban bans banned unbanned unban bestätigt quittiert acquitté
		acquittée reconocido riconosciuto reconhecido bevestigd`,
	remark: `information informational info notice debug started starting start began enabled added created login
		logins logon logged downtime maintenance disabled
		digest newsletter invoice welcome invitation scheduled summary
		wartung wartungsfenster gestartet aktiviert démarré démarrée mantenimiento manutenzione manutenção
		iniciado iniciada avviato avviata onderhoud gestart underhåll startad
		tagesbericht wochenbericht monatsbericht dagrapport weekrapport maandrapport`,
	denier: `nothing none neither nobody nichts rien nada niente no not non never without zero nor kein keine
		keinen keiner keinem nicht ohne nie aucun aucune sans pas jamais ningún ninguna ningun sin
		nunca nessun nessuna nessuno senza mai nenhum nenhuma sem não geen niet zonder nooit ingen inga inte
		utan brak bez нет без не 0 false nein`,
	hedge: `expected erwartet attendu attendue esperado esperada atteso waiting awaiting pending should may
		might could would if unless falls wenn si als om kann könnte peut podría potrebbe pode prévu prévue prévus geplant previsto prevista gepland`,
	job: `run batch pipeline backup backups job jobs task build sync synchronization replication scan import
		export dump upload download sicherung auftrag sauvegarde tâche copia respaldo tarea lavoro tarefa
		taak back-up`,
	opens:  `open opened reopened activated investigating identified`,
	closes: `closed deactivated`,
	namesWhat: `log logs logging report reports reporting handler handlers handling tracker tracking page pages rate
		rates count counts counter counters
		budget code codes level levels stream check checks monitor monitoring detection rule rules policy
		policies manager list notification notifications
		mail mails email emails message messages protection prevention correction`,
})

func tableOf(lists map[sense]string) map[string]sense {
	table := wordlist.Table(lists)
	// Who cannot type an accent leaves it out; what is a word of its own stays that.
	for _, word := range slices.Sorted(maps.Keys(table)) {
		s := table[word]
		for _, plain := range [...]string{unaccented.Replace(word), transcribed.Replace(word)} {
			if _, known := table[plain]; !known && len(plain) > 3 && !otherWords[plain] {
				table[plain] = s
			}
		}
	}
	return table
}

// otherWords are what a word without its accent means in another language, or in its own.
var otherWords = wordlist.Set(`konnte termine expire refuse degrade`)

var (
	unaccented  = strings.NewReplacer("á", "a", "à", "a", "â", "a", "ã", "a", "ä", "a", "å", "a", "ç", "c", "é", "e", "è", "e", "ê", "e", "í", "i", "ï", "i", "ñ", "n", "ó", "o", "ò", "o", "ö", "o", "õ", "o", "ú", "u", "ü", "u", "ù", "u", "ą", "a", "ę", "e", "ł", "l", "ż", "z")
	transcribed = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")
)

// unknownStates are those of which nobody knows whether they are bad: what comes after
// them ends nothing.
var unknownStates = wordlist.Set(`unknown pending undefined undetermined insufficient_data nodata no_data initializing init new none`)

// symbols are signs that say how something stands.
var symbols = map[rune]sense{
	'✖': bad, '✗': bad, '✘': bad, '❌': bad, '⛔': bad, '🛑': bad, '🔴': bad, '☹': bad, '🚨': alert,
	'⚠': worry, '🟡': worry, '🟠': worry,
	'✓': done, '✔': done, '✅': done, '🟢': done, '☺': done,
}

// excepts come in front of what of a success is none.
var excepts = wordlist.Set(`except but excluding außer ausgenommen aber sauf mais excepto salvo pero tranne eccetto exceto mas
	behalve maar oprócz ale кроме но only nur seulement solo sólo soltanto apenas alleen tylko только
	jedoch cependant toutefois nevertheless however`)

// partials say that only a part of what was wrong is over.
var partials = wordlist.Set(`partially partial partly teilweise partiellement parzialmente parcialmente gedeeltelijk częściowo
	частично`)

// quantities are what may be up for worse.
var quantities = wordlist.Set(`rate usage level load latency temperature traffic count lag delay`)

// actives are what a service should be, and an alarm should not.
var actives = wordlist.Set(`active aktiv attivo attiva activo activa ativo ativa actif actief aktywny aktywna`)

// criticals are words for what is worse than an error.
var criticals = wordlist.Set(`critical crit fatal emergency emerg disaster panic severe red down kritisch critique crítico critico
	kritiek`)

// codes are what only the last word of a code such as SLA_MISS says.
var codes = map[string]sense{"miss": bad, "met": done, "warn": worry}

// availables say of a new version that it can be had, and of all else that it can be reached.
var availables = wordlist.Set(`available verfügbar disponible disponibles disponibile disponibili disponível disponíveis
	beschikbaar tillgänglig dostępna dostępny`)

// reachables say that something is well only if it is so again: a port that is accessible is not.
var reachables = wordlist.Set(`accessible accesible accessibile acessível zugänglich verfügbar toegankelijk beschikbaar goed dobrze fonctionnel fonctionnelle`)

// versions are words for what is new.
var versions = wordlist.Set(`version release update updates upgrade upgrades packages aktualisierung jour niveau versión
	actualización actualizaciones
	versione aggiornamento aggiornamenti versão atualização atualizações versie aktualizacja wersja`)

// latest are words for how it was before: "last OK: 3 days ago".
var latest = wordlist.Set(`last letzte letzter letztes letzten zuletzt dernier dernière última último ultima ultimo laatste
	previous`)

// labels are nouns that make of a severity in front of them a label: a critical alert may
// be over.
var labels = wordlist.Set(`priority alert alerts alarm alarms issue issues event events problem problems error errors level
	severity incident notification`)

// copulas come in front of a state.
var copulas = wordlist.Set(`is are now again back still state status currently ist sind wieder est sont está esta están
	estan è sono é são jest zijn är`)

// exitWords come in front of the number with which a program ended: 0 if all is well.
var exitWords = wordlist.Set(`exit exited code status rc returncode exitcode maxexitcode errorlevel with exit-code de retour
	normally`)

// downs are not bad before "-down": what goes on is meant to.
var downs = wordlist.Set(`scale shut spin cool count slow power step break drop lock ramp wind`)
