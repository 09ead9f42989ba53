package recognise

import (
	"maps"
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
	bad: `impossible imposible impossibile impossível unmöglich errored interrupted overran nok unreadable absent absente rollback stopped gestoppt arrêté arrêtée detenido detenida fermato fermata parado parada gestopt stoppad остановлен degraded fail fails failed failing broken cannot can't couldn't unable denied refused rejected aborted abort aborting 
		crash crashed crashes crashing corrupt corrupted died dead killed terminated down offline unreachable unavailable
		inaccessible unresponsive disconnected unhealthy critical crit fatal emergency emerg severe panic panicked disaster
		lost missing missed expired exceeded exceeds exhausted overheated overloaded overdue stuck hung stalled deadlock faulted faulty
		firing fired triggered raised alarming breached breach red invalid uncorrectable unrecoverable unsuccessful unsuccessfully incomplete full infected
		compromised abend undefined unexpectedly prematurely vorzeitig verwehrt interdit interdite introuvable запрещён запрещена err major unrepairable undeliverable timed late deadlocked halted
		fehlgeschlagen gescheitert abgebrochen abgelehnt verweigert ausgefallen unerreichbar defekt beschädigt verloren überschritten
		unterbrochen getrennt blockiert verbindungsabbruch kritisch abgestürzt fehlgeschlagene fehlt voll abgelaufen
		échoué échouée échouées interrompu interrompue déconnecté déconnectée bloqué bloquée refusé refusée injoignable indisponible perdu perdue dépassé expiré critique
		falló fallido fallida fallado fallaron rechazado rechazada denegado denegada inaccesible perdido perdida caído caída desconectado desconectada bloqueado bloqueada crítico crítica caducado agotado interrumpido abortado incompleto
		fallito fallita falliti rifiutato negato scaduto guasto disconnesso disconnessa bloccato bloccata irraggiungibile perso interrotto critico
		falhou falharam desligado recusado recusada negado inacessível caiu expirou esgotado interrompido indisponível
		mislukt mislukte geweigerd onbereikbaar defect verlopen verbroken afgebroken kritiek
		misslyckades misslyckats kritisk nere inaktiv inactif inattivo nieudane nieudany niepowodzenie selhal selhala selhalo krytyczny niedostępny niedostępna сбой отказ недоступен недоступна критично критический ошибочно`,
	fault: `failure failures error errors exception exceptions fault faults timeout timeouts outage outages violation violations malfunction
		mismatch corruption loss degradation incident interruption problem problems issue issues trouble vulnerabilities
		intrusion attack malware virus conflict conflicts shortage overload overheating breakage
		fehler zeitüberschreitung zeitüberschreitungen störung störungen ausfall ausfälle problem probleme abbruch alarmzustand
		erreur erreurs défaut défauts échec échecs panne pannes problème problèmes défaillance
		error errores fallo fallos problema problemas avería
		errore errori problema problemi guasti anomalia
		erro erros falha falhas problema problemas
		fout fouten storing storingen probleem problemen fel błąd błędy awaria chyba chyby ошибка ошибки ошибок авария проблема`,
	alert: `danger gefahr peligro pericolo perigo gevaar alert alerts alarm alarms alarme alarma allarme alerte alerta avviso meldung attention achtung atención attenzione atenção uwaga внимание pozor`,
	worry: `stale needs insuffisant insuffisante insuficiente insufficiente onvoldoende unzureichend cancelled canceled warning warnings warn unstable yellow amber minor expiring expires retry retrying
		partial partially skipped incomplète incompleta incompleto unvollständig onvolledig niekompletny teilweise parcialmente partiellement parzialmente gedeeltelijk częściowo übersprungen ignorés ignorées omitidos omitidas saltati saltate overgeslagen pominięto пропущено пропущены skipped deprecated high low threshold suspicious unusual unexpected outdated flaky slow overrun insufficient_data nodata no_data minor
		unknown
		warnung warnungen beeinträchtigt instabil wenig niedrig warnhinweis
		avertissement avertissements dégradé faible instable
		advertencia advertencias degradado bajo
		avvertimento avvertenza degradato basso avvisi
		advertência aviso degradado baixo
		waarschuwing waarschuwingen laag varning varningar ostrzeżenie varování предупреждение`,
	over: `recovered recovery recover recovers resolved restored cleared clear fixed repaired normalized normalised reestablished re-established reconnected deassertion deasserted de-asserted solved
		rebuilt revived
		behoben wiederhergestellt entwarnung erholt beendeter
		rétabli rétablie rétablissement résolu résolue restauré restaurée
		resuelto resuelta restablecido restablecida recuperado recuperada restaurado restaurada solucionado solucionada normalizado normalizada
		risolto risolta ripristinato ripristinata rientrato rientrata ripartito ripartita
		resolvido resolvida restabelecido restabelecida normalizado recuperado
		hersteld opgelost verholpen återställd återställt löst naprawiono rozwiązano odwołany odwołana odwołano obnoveno vyřešeno przywrócono восстановлен восстановлена восстановлено решено устранена устранено`,
	well: `ok okay up online responding healthy optimal normal green passing reachable available alive stable connected operational good in_sync running ready
		aktiv attivo attiva activo activa ativo ativa actif actief działa odpowiada aktywny aktywna
		erreichbar normalbetrieb gesund joignable disponible sain saine sains saines operativo raggiungibile operacional saludable saudável gezond bereikbaar disponível норма доступен доступна dostępny dostępna tillgänglig`,
	done: `success successful successfully succeeded succeed succeeds completed complete completes finished done passed pass established
		succes verified updated installed upgraded renewed ended deployed processed
		erfolgreich erfolgreiche erfolgreicher erfolg abgeschlossen beendet fertig aktualisiert erneuert
		réussi réussie réussies succès terminé terminée terminés effectuée achevé achevée
		éxito exitoso exitosa correcto correctamente completado completada finalizado finalizada terminado terminada
		riuscito riuscita successo completato completata terminato terminata correttamente
		sucesso concluído concluída êxito finalizada
		succesvol succesvolle geslaagd voltooid gelukt afgerond klaar lyckades slutförd slutfört klart zakończono zakończony zakończona pomyślnie poprawnie sukces úspěšně dokončeno успешно успех завершено завершен завершена выполнено`,
	aside: `acknowledged acknowledgement acknowledgment ack flapping
		suppressed silenced snoozed muted ban bans banned unbanned unban bestätigt quittiert acquitté acquittée reconocido riconosciuto reconhecido bevestigd`,
	remark: `information informational info notice debug started starting start began enabled added created login logins logon logged downtime maintenance disabled
		digest newsletter invoice welcome invitation scheduled summary
		wartung wartungsfenster gestartet aktiviert démarré démarrée mantenimiento manutenzione manutenção iniciado iniciada avviato avviata onderhoud gestart underhåll startad`,
	denier: `nothing none neither nobody nichts rien nada niente no not non never without zero nor kein keine keinen keiner keinem nicht ohne nie aucun aucune sans pas jamais ningún ninguna ningun sin
		nunca nessun nessuna nessuno senza mai nenhum nenhuma sem não geen niet zonder nooit ingen inga inte utan utan brak bez nie нет без не 0 false nein`,
	hedge:  `expected erwartet attendu attendue esperado esperada atteso waiting awaiting pending should may might could would should if unless falls wenn si als om kann könnte peut podría potrebbe pode`,
	job:    `run batch pipeline backup backups job jobs task build sync synchronization replication scan import export dump upload download sicherung auftrag sauvegarde tâche copia respaldo tarea lavoro tarefa taak back-up`,
	opens:  `open opened reopened activated investigating identified`,
	closes: `closed deactivated`,
	namesWhat: `log logs logging report reports reporting handler handlers handling tracker tracking page pages rate rates count counts counter counters
		budget code codes level levels stream check checks monitor monitoring detection rule rules policy policies manager list notification notifications
		mail mails email emails message messages recovery protection prevention correction`,
})

func tableOf(lists map[sense]string) map[string]sense {
	table := make(map[string]sense)
	// What a word says most often goes first.
	for _, s := range [...]sense{denier, bad, fault, alert, worry, over, well, done, aside, remark, hedge, job, opens, closes, namesWhat} {
		for word := range strings.FieldsSeq(lists[s]) {
			if _, known := table[word]; !known {
				table[word] = s
			}
		}
	}
	// Who cannot type an accent leaves it out; what is a word of its own stays that.
	for word, s := range maps.Clone(table) {
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

// A phrase says as a whole what its words do not.
type phrase struct {
	text string // in lower case, its words with one blank between them
	says sense
}

// phrases, the longer ones in front of what they contain.
var phrases = byFirstWord([]phrase{
	{"returned from down state", over}, {"returned from error state", over}, {"recovered from down", over}, {"recovered from down state", over}, {"recovered from error state", over}, {"back from down", over}, {"back to normal", over}, {"back to stable", over}, {"back to ok", over}, {"returned to normal", over}, {"returned to a normal", over}, {"returned to its normal", over}, {"restored to normal", over}, {"returned to ok", over}, {"return to normal", over},
	{"back up", over}, {"back online", over}, {"back in service", over}, {"back on line", over}, {"is back online", over}, {"is back up", over}, {"is back", over}, {"está en línea", well}, {"alarm end", over}, {"alarm ended", over}, {"end of alarm", over}, {"end of alert", over}, {"ende des alarms", over}, {"fin de alarma", over}, {"fin d'alarme", over}, {"fine allarme", over}, {"alert ended", over}, {"alarm off", over}, {"alarm start", bad}, {"is valid", well}, {"switched to battery mode", bad}, {"switched to battery power", bad}, {"switched to battery", bad}, {"returned to ac power", over}, {"returned to utility power", over}, {"returned to mains power", over}, {"resumed ac power", over}, {"was down for", over}, {"was offline for", over}, {"was unreachable for", over}, {"był offline", over}, {"enough space", well}, {"enough disk space", well}, {"enough room", well}, {"enough memory", well}, {"w normie", well}, {"back below threshold", over}, {"now below threshold", over}, {"again below threshold", over}, {"load below threshold", over}, {"usage below threshold", over}, {"load is below threshold", over}, {"usage is below threshold", over}, {"back above normal", bad}, {"below the threshold", over}, {"back under threshold", over}, {"load under threshold", over}, {"usage under threshold", over}, {"retour à la normale", over}, {"revenu à la normale", over}, {"vuelta a la normalidad", over}, {"vuelve a la normalidad", over}, {"ritorno alla normalità", over}, {"tornato alla normalità", over}, {"tornato normale", over}, {"wieder im normalbereich", over}, {"weer normaal", over}, {"tillbaka till normal", over}, {"powrót do normy", over}, {"v pořádku", well}, {"is now back", over}, {"are back", over},
	{"working again", over}, {"succeeded again", over},
	{"too high", worry}, {"too old", worry}, {"too small", worry}, {"too long", worry}, {"smaller than", worry}, {"instead of", ended}, {"statt", ended}, {"au lieu de", ended}, {"en lugar de", ended}, {"too low", worry}, {"too hot", worry}, {"too slow", worry}, {"no longer", ended}, {"nicht mehr", ended}, {"n'est plus", ended}, {"ne sont plus", ended}, {"ya no", ended}, {"non è più", ended}, {"não está mais", ended}, {"niet meer", ended}, {"больше не", ended}, {"all clear", over}, {"est en ligne", over}, {"en línea", well}, {"en linea", well}, {"in sync", well}, {"issue closed", over}, {"issue is closed", over}, {"incident closed", over}, {"alert closed", over}, {"problem closed", over}, {"case closed", over}, {"is now closed", over}, {"has been established", over}, {"power has returned", over}, {"has returned to normal", over}, {"has returned to a normal", over}, {"has returned to ac power", over}, {"has returned to utility power", over}, {"has returned to mains power", over}, {"has returned", over}, {"on line power", over}, {"on mains", over}, {"on utility power", over}, {"communications restored", over},
	{"wieder da", over}, {"antwortet wieder", over}, {"läuft wieder", over}, {"répond à nouveau", over}, {"répond de nouveau", over}, {"responde de nuevo", over}, {"risponde di nuovo", over}, {"responding again", over}, {"answers again", over}, {"de nouveau en ligne", over}, {"de nouveau en marche", over}, {"de nouveau en service", over}, {"à nouveau", over}, {"di nuovo", over}, {"de nuevo", over}, {"de novo", over}, {"снова работает", over}, {"снова отвечает", over}, {"vuelve a estar disponible", over}, {"vuelve a responder", over}, {"voltou ao normal", over}, {"nie odpowiada", bad},
	{"not ok", bad}, {"no such", bad}, {"does not answer", bad}, {"does not respond", bad}, {"does not react", bad}, {"does not start", bad}, {"does not boot", bad}, {"does not work", bad}, {"does not match", bad}, {"core dump", bad}, {"ended early", bad}, {"nicht gefunden", bad}, {"no encontrado", bad}, {"no encontrada", bad}, {"non trovato", bad}, {"closed the connection", bad}, {"bad passphrase", bad}, {"bis auf", worry}, {"read only", worry}, {"ended abnormally", bad}, {"abnormal end", bad}, {"not backed up", bad}, {"data loss", bad}, {"timed out", bad}, {"time out", bad}, {"out of", bad}, {"not found", bad}, {"not responding", bad}, {"no response", bad}, {"no answer", bad}, {"not running", bad}, {"not available", bad}, {"not reachable", bad},
	{"gave up", bad}, {"giving up", bad}, {"given up", bad}, {"gives up", bad}, {"does not exist", bad}, {"did not", bad}, {"could not", bad}, {"can not", bad}, {"has not been", bad}, {"have not been", bad}, {"was not", bad}, {"were not", bad}, {"no backup", bad}, {"no backups", bad}, {"no recent", bad}, {"went down", bad}, {"shut down", remark}, {"shutting down", remark},
	{"on battery", bad}, {"on batteries", bad}, {"battery low", bad}, {"low battery", bad}, {"battery is low", bad}, {"went above", bad}, {"no space left", bad}, {"not enough space", bad}, {"recovery mode", bad}, {"recovery pending", bad}, {"success rate", neutral}, {"to be resolved", neutral}, {"to be fixed", neutral}, {"to be completed", neutral}, {"last successful", neutral}, {"last success", neutral}, {"letzte erfolgreiche", neutral}, {"letztes erfolgreiches", neutral}, {"dernière sauvegarde réussie", neutral}, {"última copia correcta", neutral}, {"all is ok", done}, {"everything is ok", done}, {"everything ok", done}, {"alles ok", done}, {"alles in ordnung", done}, {"tout va bien", done}, {"todo bien", done}, {"tutto ok", done}, {"tudo bem", done}, {"went below", bad},
	{"antwortet nicht", bad}, {"reagiert nicht", bad}, {"nicht erreichbar", bad}, {"nicht verfügbar", bad}, {"nicht erfolgreich", bad}, {"nicht möglich", bad}, {"recovery failed", bad}, {"recovery impossible", bad}, {"recovery not possible", bad}, {"recovery needed", worry}, {"recovery required", worry}, {"needs recovery", worry}, {"recovery in progress", worry}, {"recovery started", worry}, {"recovery requested", neutral}, {"clear failed", bad}, {"not run", bad}, {"nicht gelaufen", bad}, {"threats found", bad}, {"threat found", bad}, {"still off", bad}, {"not permitted", bad}, {"not allowed", bad}, {"not loading", bad}, {"removed from array", bad}, {"went down", bad}, {"downtime detected", bad}, {"nicht gesichert", bad}, {"wurde nicht", bad}, {"wurden nicht", bad}, {"not possible", bad}, {"not started", bad}, {"not copied", bad},
	// What the C library says of an error, in the languages it comes in most.
	{"no route to host", bad}, {"no connection", bad}, {"read-only file system", bad}, {"login incorrect", bad}, {"keine berechtigung", bad}, {"kein speicherplatz", bad}, {"nur lesbar", bad}, {"keine route", bad},
	{"keine verbindung", bad}, {"keine antwort", bad}, {"nicht ausführen", bad}, {"permission non accordée", bad}, {"aucun espace", bad}, {"aucun fichier", bad}, {"pas de réponse", bad}, {"no queda espacio", bad}, {"permiso denegado", bad},
	{"conexión rehusada", bad}, {"no existe", bad}, {"sin respuesta", bad}, {"permesso negato", bad}, {"nessun file", bad}, {"spazio esaurito", bad}, {"permissão negada", bad}, {"não existe", bad}, {"toegang geweigerd", bad},
	{"konnte nicht", bad}, {"konnten nicht", bad}, {"n'a pas", bad}, {"n'ont pas", bad}, {"ne répond plus", bad}, {"ne répond pas", bad}, {"ne répond", bad}, {"hors service", bad}, {"hors ligne", bad}, {"fuera de servicio", bad}, {"fuera de línea", bad}, {"no se ha podido", bad}, {"no se pudo", bad}, {"no hay", bad}, {"no responde", bad}, {"non risponde", bad}, {"não responde", bad}, {"reageert niet", bad}, {"svarar inte", bad}, {"non è stato possibile", bad}, {"fuori servizio", bad}, {"non in linea", bad}, {"fora do ar", bad}, {"não foi possível", bad}, {"sem resposta", bad}, {"niet bereikbaar", bad}, {"buiten gebruik", bad}, {"не удалось", bad}, {"не отвечает", bad}, {"nie powiodło", bad},
	{"with errors", bad}, {"with error", bad}, {"with failures", bad}, {"mit fehlern", bad}, {"avec erreurs", bad}, {"avec des erreurs", bad}, {"con errores", bad}, {"con errori", bad}, {"com erros", bad}, {"met fouten", bad},
	{"with warnings", worry}, {"with warning", worry}, {"mit warnungen", worry}, {"avec avertissements", worry}, {"con advertencias", worry}, {"con avvisi", worry}, {"com avisos", worry}, {"met waarschuwingen", worry},
	{"will expire", worry}, {"about to expire", worry}, {"expires in", worry}, {"is expiring", worry}, {"reboot required", worry}, {"reboot is required", worry}, {"restart is required", worry}, {"restart required", worry}, {"on hold", worry}, {"needs attention", worry}, {"attention needed", worry}, {"action required", worry}, {"running low", worry}, {"almost full", worry}, {"nearly full", worry}, {"new version", remark}, {"neue version", remark}, {"nouvelle version", remark}, {"nueva versión", remark}, {"nuova versione", remark}, {"nova versão", remark}, {"nieuwe versie", remark}, {"patches are available", worry}, {"security updates", worry}, {"pending updates", worry}, {"gone below", worry}, {"gone above", worry}, {"läuft ab", worry}, {"neustart erforderlich", worry}, {"redémarrage requis", worry}, {"reinicio necesario", worry}, {"fast voll", worry},
	{"up to date", done}, {"up-to-date", done}, {"no problems", done}, {"no errors", done}, {"no issues", done}, {"no failures", done}, {"all ok", done}, {"all fine", done}, {"everything fine", done}, {"everything is fine", done}, {"all good", done}, {"all is well", done}, {"nothing to do", done}, {"no changes", done}, {"no updates", done}, {"ohne fehler", done}, {"keine fehler", done}, {"sans erreur", done}, {"aucune erreur", done}, {"sin errores", done}, {"senza errori", done}, {"sem erros", done}, {"zonder fouten", done}, {"без ошибок", done}, {"auf dem neuesten stand", done}, {"à jour", done},
	{"test alert", aside}, {"test notification", aside}, {"test message", aside}, {"test email", aside}, {"test mail", aside}, {"test e-mail", aside}, {"testing email", aside}, {"this is a test", aside}, {"testnachricht", aside}, {"test-mail", aside}, {"please disregard", aside}, {"weekly report", remark}, {"monthly report", remark}, {"weekly digest", remark}, {"weekly summary", remark}, {"monthly summary", remark}, {"usage report", remark}, {"e-mail test", aside}, {"email test", aside}, {"scheduled maintenance", aside}, {"scheduled downtime", aside}, {"downtime start", aside}, {"downtime started", aside}, {"downtime end", aside}, {"downtime ended", aside}, {"downtime cancelled", aside}, {"downtime removed", aside}, {"started flapping", aside}, {"stopped flapping", aside},
	{"mise à jour", neutral}, {"mise à niveau", neutral}, {"alarm level", neutral}, {"alert level", neutral}, {"error log", neutral},
})

// byFirstWord returns phrases by their first word.
func byFirstWord(list []phrase) map[string][]phrase {
	table := make(map[string][]phrase)
	for _, p := range list {
		first, _, _ := strings.Cut(p.text, " ")
		table[first] = append(table[first], p)
	}
	return table
}

// endings are what mails in languages without blanks between words say.
var endings = []phrase{
	{"応答しません", bad}, {"ていません", bad}, {"ませんでした", bad}, {"未完成", bad}, {"未成功", bad}, {"未恢复", bad}, {"不正常", bad}, {"未能", bad}, {"未备份", bad}, {"拒绝", bad}, {"応答がありません", bad}, {"超えました", bad}, {"超过", bad}, {"再開しました", over}, {"再開", over}, {"復旧しました", over}, {"回復しました", over}, {"告警", alert}, {"报警", alert},
	{"失敗", bad}, {"失败", bad}, {"エラー", bad}, {"错误", bad}, {"異常", bad}, {"异常", bad}, {"障害", bad}, {"停止", bad}, {"存在しません", bad}, {"未被", bad}, {"できません", bad},
	{"警告", worry}, {"注意", worry},
	{"復旧", over}, {"回復", over}, {"恢复", over}, {"解決", over}, {"解决", over}, {"正常", well},
	{"成功", done}, {"完了", done}, {"完成", done},
}

// symbols are signs that say how something stands.
var symbols = map[rune]sense{
	'✖': bad, '✗': bad, '✘': bad, '❌': bad, '⛔': bad, '🛑': bad, '🔴': bad, '☹': bad, '🚨': alert,
	'⚠': worry, '🟡': worry, '🟠': worry,
	'✓': done, '✔': done, '✅': done, '🟢': done, '☺': done,
}

// excepts come in front of what of a success is none.
var excepts = wordlist.Set(`except but excluding außer ausgenommen aber sauf mais excepto salvo pero tranne eccetto exceto mas behalve maar oprócz ale кроме но only nur seulement solo sólo soltanto apenas alleen tylko только jedoch cependant toutefois nevertheless however`)

// partials say that only a part of what was wrong is over.
var partials = wordlist.Set(`partially partial partly teilweise partiellement parzialmente parcialmente gedeeltelijk częściowo частично`)

// quantities are what may be up for worse.
var quantities = wordlist.Set(`rate usage level load latency temperature traffic count`)

// actives are what a service should be, and an alarm should not.
var actives = wordlist.Set(`active aktiv attivo attiva activo activa ativo ativa actif actief aktywny aktywna`)

// criticals are words for what is worse than an error.
var criticals = wordlist.Set(`critical crit fatal emergency emerg disaster panic severe red down kritisch critique crítico critico kritiek`)

// codes are what only the last word of a code such as SLA_MISS says.
var codes = map[string]sense{"miss": bad, "met": done, "warn": worry}

// availables say of a new version that it can be had, and of all else that it can be reached.
var availables = wordlist.Set(`available verfügbar disponible disponibles disponibile disponibili disponível disponíveis beschikbaar tillgänglig dostępna dostępny`)

// versions are words for what is new.
var versions = wordlist.Set(`version release update updates upgrade upgrades packages aktualisierung jour niveau versión actualización actualizaciones
	versione aggiornamento aggiornamenti versão atualização atualizações versie aktualizacja wersja`)

// latest are words for how it was before: "last OK: 3 days ago".
var latest = wordlist.Set(`last letzte letzter letztes letzten zuletzt dernier dernière última último ultima ultimo laatste previous`)

// labels are nouns that make of a severity in front of them a label: a critical alert may
// be over.
var labels = wordlist.Set(`priority alert alerts alarm alarms issue issues event events problem problems error errors level severity incident notification`)

// copulas come in front of a state.
var copulas = wordlist.Set(`is are now again back still state status currently are ist sind wieder est sont está esta están estan è sono é são jest is zijn är`)

// exitWords come in front of the number with which a program ended: 0 if all is well.
var exitWords = wordlist.Set(`exit exited code status rc returncode exitcode maxexitcode errorlevel with exit-code de retour normally`)

// downs are not bad before "-down": what goes on is meant to.
var downs = wordlist.Set(`scale shut spin cool count slow power step break drop lock ramp wind`)
