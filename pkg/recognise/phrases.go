package recognise

import (
	"cmp"
	"slices"
	"strings"
)

// A phrase says as a whole what its words do not.
type phrase struct {
	text string // in lower case, its words with one blank between them
	says sense
}

// phrases are what they say, by their first words.
var phrases = byFirstWord(phrasesOf(map[sense]string{
	fault: `falha no, falhas no, erro no, erros no`,
	bad: `alarm start, switched to battery mode, switched to battery power, switched to battery,
		back above normal, nie odpowiada, not ok, no such, does not answer, does not respond, does not react,
		does not start, does not boot, does not work, does not match, core dump, ended early, nicht gefunden,
		no encontrado, no encontrada, non trovato, closed the connection, bad passphrase, ended abnormally,
		abnormal end, not backed up, data loss, timed out, time out, out of, not found, not responding,
		no response, no answer, not running, not available, not reachable, gave up, giving up, given up,
		gives up, does not exist, did not, could not, can not, has not been, have not been, was not,
		were not, no backup, no backups, no recent, went down, on battery, on batteries, battery low,
		low battery, battery is low, went above, no space left, not enough space, recovery mode,
		recovery pending, went below, antwortet nicht, reagiert nicht, nicht erreichbar, nicht verfügbar,
		nicht erfolgreich, nicht möglich, recovery failed, recovery impossible, recovery not possible,
		clear failed, not run, nicht gelaufen, threats found, threat found, still off, not permitted,
		not allowed, not loading, removed from array, downtime detected, nicht gesichert, wurde nicht,
		wurden nicht, not possible, not started, not copied, no route to host, no connection,
		read-only file system, login incorrect, keine berechtigung, kein speicherplatz, nur lesbar,
		keine route, keine verbindung, keine antwort, nicht ausführen, permission non accordée, aucun espace,
		aucun fichier, pas de réponse, no queda espacio, permiso denegado, conexión rehusada, no existe,
		sin respuesta, permesso negato, nessun file, spazio esaurito, permissão negada, não existe,
		toegang geweigerd, konnte nicht, konnten nicht, n'a pas, n'ont pas, ne répond plus, ne répond pas,
		ne répond, hors service, hors ligne, fuera de servicio, fuera de línea, no se ha podido, no se pudo,
		no hay, no responde, non risponde, não responde, reageert niet, svarar inte, non è stato possibile,
		fuori servizio, non in linea, fora do ar, não foi possível, sem resposta, niet bereikbaar,
		buiten gebruik, не удалось, не отвечает, nie powiodło, with errors, with error, with failures,
		mit fehlern, avec erreurs, avec des erreurs, con errores, con errori, com erros, met fouten,
		out of range, outside range, outside the range, outside limits, out of limits, hors plage,
		hors limites, fuera de rango, fuori range, fuori limite, fora da faixa, buiten bereik, poza zakresem,
		non comunica, no comunica, não comunica, ne communique pas, ne communique plus, kommuniziert nicht,
		communiceert niet, nie komunikuje, non trasmette, no transmite, não transmite, ne transmet pas,
		ne transmet plus, sendet nicht, nie działa, em bateria, en batería, sur batterie, auf batterie,
		im batteriebetrieb, su batteria, op batterij, blocked for more than`,
	worry: `too high, too old, too small, too long, smaller than, too low, too hot, too slow, bis auf, read only,
		recovery needed, recovery required, needs recovery, recovery in progress, recovery started,
		with warnings, with warning, mit warnungen, avec avertissements, con advertencias, con avvisi,
		com avisos, met waarschuwingen, will expire, about to expire, expires in, is expiring,
		reboot required, reboot is required, restart is required, restart required, on hold, needs attention,
		attention needed, action required, running low, almost full, nearly full, patches are available,
		security updates, pending updates, gone below, gone above, läuft ab, neustart erforderlich,
		redémarrage requis, reinicio necesario, fast voll`,
	over: `returned from down state, returned from error state, recovered from down, recovered from down state,
		recovered from error state, back from down, back to normal, back to stable, back to ok,
		returned to normal, returned to a normal, returned to its normal, restored to normal, returned to ok,
		return to normal, back up, back online, back in service, back on line, is back online, is back up,
		is back, alarm end, alarm ended, end of alarm, end of alert, ende des alarms, fin de alarma,
		fin d'alarme, fine allarme, alert ended, alarm off, returned to ac power, returned to utility power,
		returned to mains power, resumed ac power, was down for, was offline for, was unreachable for,
		był offline, back below threshold, now below threshold, again below threshold, load below threshold,
		usage below threshold, load is below threshold, usage is below threshold, below the threshold,
		back under threshold, load under threshold, usage under threshold, retour à la normale,
		revenu à la normale, vuelta a la normalidad, vuelve a la normalidad, ritorno alla normalità,
		tornato alla normalità, tornato normale, wieder im normalbereich, weer normaal, tillbaka till normal,
		powrót do normy, is now back, are back, working again, succeeded again, all clear, est en ligne,
		issue closed, issue is closed, incident closed, alert closed, problem closed, case closed,
		is now closed, has been established, power has returned, has returned to normal,
		has returned to a normal, has returned to ac power, has returned to utility power,
		has returned to mains power, has returned, on line power, on mains, on utility power,
		communications restored, wieder da, antwortet wieder, läuft wieder, répond à nouveau,
		répond de nouveau, responde de nuevo, risponde di nuovo, responding again, answers again,
		de nouveau en ligne, de nouveau en marche, de nouveau en service, à nouveau, di nuovo, de nuevo,
		de novo, снова работает, снова отвечает, vuelve a estar disponible, vuelve a responder,
		voltou ao normal, rientro allarme, rientrata nei limiti, rientrato nei limiti, back within range,
		within range again, back within limits, within limits again, weer binnen de grenzen`,
	well: `está en línea, is valid, enough space, enough disk space, enough room, enough memory, w normie,
		v pořádku, en línea, in sync`,
	done: `all is ok, everything is ok, everything ok, alles ok, alles in ordnung, tout va bien, todo bien,
		tutto ok, tudo bem, up to date, up-to-date, no problems, no errors, no issues, no failures, all ok,
		all fine, everything fine, everything is fine, all good, all is well, nothing to do, no changes,
		no updates, ohne fehler, keine fehler, sans erreur, aucune erreur, sin errores, senza errori,
		sem erros, zonder fouten, без ошибок, auf dem neuesten stand, à jour, keine auffälligkeiten,
		keine vorkommnisse, rien à signaler, sin novedad, sin novedades, sin incidencias, sem ocorrências,
		sem incidentes, nulla da segnalare, geen bijzonderheden, bez uwag, correctement déroulée,
		correctement déroulé, bien déroulée, bien déroulé`,
	aside: `test alert, test notification, test message, test email, test mail, test e-mail, testing email,
		this is a test, testnachricht, test-mail, please disregard, e-mail test, email test,
		scheduled maintenance, scheduled downtime, downtime start, downtime started, downtime end,
		downtime ended, downtime cancelled, downtime removed, started flapping, stopped flapping`,
	remark: `shut down, shutting down, new version, neue version, nouvelle version, nueva versión, nuova versione,
		nova versão, nieuwe versie, weekly report, monthly report, weekly digest, weekly summary,
		monthly summary, usage report, rapport hebdomadaire, rapport mensuel, informe semanal,
		informe mensual, relatório semanal, relatório mensal, relatório diário, riepilogo settimanale,
		riepilogo mensile, rapporto settimanale, rapporto mensile, raport tygodniowy, raport miesięczny`,
	alert: `let op`,
	neutral: `success rate, to be resolved, to be fixed, to be completed, last successful, last success,
		letzte erfolgreiche, letztes erfolgreiches, dernière sauvegarde réussie, última copia correcta,
		recovery requested, mise à jour, mise à niveau, alarm level, alert level, error log`,
	ended: `instead of, statt, au lieu de, en lugar de, no longer, nicht mehr, n'est plus, ne sont plus, ya no,
		non è più, não está mais, niet meer, больше не`,
	lifts: `fin défaut, fin de défaut, fin d'alerte, fin alerte, fin alarme, fin de avería, fin de fallo, fim de falha,
		fim do alarme, fine anomalia, ende störung, ende der störung, einde storing, einde alarm, koniec awarii,
		konec poruchy`,
}))

// endings are what mails in languages without blanks between words say.
var endings = phrasesOf(map[sense]string{
	bad: `応答しません, ていません, ませんでした, 未完成, 未成功, 未恢复, 不正常, 未能, 未备份,
		拒绝, 応答がありません, 超えました, 超过, 失敗, 失败, エラー, 错误, 異常, 异常,
		障害, 停止, 存在しません, 未被, できません`,
	worry: `警告, 注意`,
	over:  `再開しました, 再開, 復旧しました, 回復しました, 復旧, 回復, 恢复, 解決, 解决`,
	well:  `正常`,
	done:  `成功, 完了, 完成`,
	alert: `告警, 报警`,
})

// phrasesOf returns the phrases of lists, which are separated by commas.
func phrasesOf(lists map[sense]string) []phrase {
	var all []phrase
	for says, list := range lists {
		for text := range strings.SplitSeq(list, ",") {
			text = strings.TrimSpace(text)
			all = append(all, phrase{text, says})
			if plain := unaccented.Replace(text); plain != text && strings.IndexByte(text, ' ') > 0 {
				all = append(all, phrase{plain, says}) // as words
			}
		}
	}
	// A phrase goes in front of those that it contains.
	slices.SortFunc(all, func(a, b phrase) int {
		return cmp.Or(len(b.text)-len(a.text), strings.Compare(a.text, b.text))
	})
	return all
}

// byFirstWord returns phrases by their first word.
func byFirstWord(list []phrase) map[string][]phrase {
	table := make(map[string][]phrase)
	for _, p := range list {
		first, _, _ := strings.Cut(p.text, " ")
		table[first] = append(table[first], p)
	}
	return table
}
