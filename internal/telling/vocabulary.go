package telling

import (
	"strings"

	"github.com/hut8labs/failmail/internal/wordlist"
)

// What a word says about the line it stands in.
const (
	failing   = 4 // an outcome: the line says that something went wrong
	troubling = 2 // a state that is mostly trouble
	settling  = 1 // a state that is mostly the end of trouble
)

// scores are those of words in lines that say what happened, in the languages that
// mails of machines come in. Only whole words count: "Fail2Ban" and "terror" say
// nothing.
var scores = map[int]string{
	failing: `abort aborted aborting aborts abandoned cannot can't couldn't corrupt corrupted corruption crash crashed crashes
		crashing deadlock degraded denied diverged error errors exception exceptions exceeded exhausted expired
		fail failed failing fails failure failures fatal faulted faulty forbidden hung inaccessible infected insufficient
		interrupted invalid killed lost malformed malfunction mismatch missing offline oom overflow overrun panic
		panicked refused rejected segfault stalled stuck terminate terminated terminating timed timeout timeouts unable
		sigsegv sigabrt sigbus sigill sigfpe unauthorized unavailable unbound uncorrectable undeliverable unexpected unexpectedly unhealthy unreachable
		unreadable unrecoverable unresolved unsupported violation violated undefined unresponsive uncaught unhandled
		fehler fehlern fehlgeschlagen gescheitert abgelehnt abgebrochen verweigert ungültig ausgefallen überschritten
		unmöglich unerreichbar defekt beschädigt verloren
		erreur erreurs impossible échoue défaut défaillance échec échecs échoué échouée refusé refusée invalide introuvable injoignable indisponible dépassé expiré
		errores imposible fallo fallos falló fallido fallida rechazado denegado inválido agotado inaccesible
		errore errori impossibile fallito fallita rifiutato negato scaduto guasto
		erro erros impossível falha falhas falhou recusado inválida expirado
		fout fouten mislukt geweigerd ongeldig onbereikbaar storing
		fel misslyckades nekad ogiltig błąd błędy odmowa awaria ошибка ошибки сбой отказ`,
	troubling: `alarm alarming attack bad breach broken changed closed conflict critical crit deprecated differences
		disconnected down dumped exceeds excessive exit exited fault faults found full hang high inconsistent intrusion invoked issue
		issues leak leaked leaking late locked low outage overdue overheated overload overloaded problem problems
		quota reset slow starved stopped suspicious threshold throttled trouble unknown unusual vulnerable warn
		warning warnings wrong warnung warnungen störung voll gestoppt avertissement plein arrêté panne advertencia lleno detenido
		avviso pieno fermato aviso cheio parado waarschuwing gestopt varning`,
	settling: `back completed established finished healthy ok passed recovered recovery resolved restored
		succeeded successful successfully up erfolgreich behoben beendet réussi réussie terminé correcto resuelto riuscito
		risolto sucesso geslaagd hersteld klar`,
}

// ends are words for the end of trouble that stand for nothing else.
const ends = `resolved recovered restored cleared clear
	behoben wiederhergestellt rétabli rétablie résolu résolue resuelto restablecido risolto ripristinato resolvido
	restabelecido hersteld opgelost`

// exits are words for how a program ended.
const exits = `exit exits exited exiting`

// carriers are what brings what happened, and carrierLinks what comes behind them.
var (
	carriers     = map[string]bool{"notification": true, "message": true, "event": true, "mail": true, "meldung": true, "nachricht": true, "benachrichtigung": true, "notificación": true, "notifica": true, "notificação": true, "melding": true}
	carrierLinks = map[string]bool{"": true, "from": true, "on": true, "for": true, "of": true, "von": true, "vom": true, "am": true, "für": true, "auf": true, "de": true, "da": true, "van": true}
)

// nouns are the failing words that a "no" or a "0" denies.
const nouns = `error errors fault faults exception exceptions failure failures issue issues problem problems timeout timeouts
	warning warnings fail fails failed mismatch violation differences alarm fehler fehlern warnung warnungen erreur erreurs échec échecs
	avertissement errores fallo fallos advertencia errore errori avviso erro erros falha falhas aviso fout fouten storing waarschuwing fel varning
	błąd błędy ошибка ошибки сбой`

// deniers deny the noun that follows: where there is none, "no space" says what is missing.
const deniers = `no zero without nor kein keine keinen ohne aucun aucune sans ningún ninguna sin nessun nessuna senza nenhum nenhuma sem geen zonder brak нет без`

// negators deny what follows, whatever it is.
const negators = `not nicht pas non niet não nie не`

// hedges make of what happened what could happen.
const hedges = `may might would should`

// compounds make a failing word in front of them a name: an error report may
// report anything.
const compounds = `report reports reporting log logs logging mail email message messages notification notifications handler handling
	tracker tracking page team rate count counter budget code codes level stream`

// levels are the severities that loggers print.
var levels = map[string]int{
	"error": +3, "err": +3, "fatal": +3, "critical": +3, "crit": +3, "alert": +3, "emerg": +3, "emergency": +3,
	"panic": +3, "severe": +3, "warn": 0, "warning": 0,
	"info": -8, "information": -8, "debug": -8, "trace": -8, "notice": -6, "fine": -8, "verbose": -8,
}

// Level reports whether word, in lower case, is a severity that loggers print, and whether that is one of
// which nothing went wrong.
func Level(word string) (isLevel, isQuiet bool) {
	score, isLevel := levels[word]
	return isLevel, score < 0
}

const (
	attribute  = -8  // of what happened; a whole sentence is more
	incidental = -9  // where, when, how long: no other error
	deciding   = -10 // how it went: another error, though no headline
	advice     = -12 // on what to do
)

// keys say of the lines "key: value" whether the value is what happened, or
// only an attribute of it, and of what kind.
var keys = wordlist.Phrases(map[int]string{
	+3: `message|msg|description|desc|info|additional info|additional information|problem|problem name|error|error message|exception|
		reason|cause|root cause|exception type|termination reason|error type|stop code|detail|details|summary|diagnosis|output|status information|what|what happened|
		grund|ursache|fehlermeldung|fehlertext|beschreibung|raison|motif|message d'erreur|motivo|causa|mensaje|descripción|messaggio|descrizione|mensagem|descrição|reden|oorzaak|foutmelding|
		trigger|caused by|exception exit|exception error|exception throw|event description|finding|symptom|explanation|alert|service output|plugin output|text|warning|fatal|failure|failed`,
	attribute: `subject|server|environment|comment|category|tags|labels|source|location|logger|device|model|cluster|
		namespace|group|job|unit|monitor|method|path`,
	deciding: `active|type|severity|state|status|priority|level|notification type|class|code|condition|result|outcome|verdict|exit code|
		exit status|sqlstate|sqlcode|abend|rc|return code|returncode|exitcode|errorcode|error code|fehlercode|rückgabewert|code retour|code d'erreur|maxcc|severity level|event type|alert type|alert status|event|alarm|health|mode|action taken|
		zustand|schweregrad|ergebnis|aktion|stufe|meldung|statut|état|résultat|gravité|estado|resultado|gravedad|acción|
		stato|risultato|gravità|esito|resultaat|situação|статус|состояние|результат|状态|結果|ステータス`,
	incidental: `host|hostname|host name|address|ip|ip address|date|time|date/time|from|to|cc|url|link|id|user|user agent|version|
		duration|started|ended|start time|end time|started at|finished at|elapsed|uptime|runtime|running time|
		total running time|problem duration|count|pid|process|referer|remote address|request|requested|author|thread|
		serial|serial number|service tag|asset tag|node|contact|phone|job id|event id|message id|problem id|original problem id|ticket|
		downtime|generated|generated on|created|updated|timestamp|size|speed|progress|scan|datum|uhrzeit|dauer|rechner|
		benutzer|heure|durée|utilisateur|hôte|fecha|hora|usuario|servidor`,
	advice: `action|recommended action|recommendation|solution|resolution|remedy|fix|impact`,
})

// messages are keys whose value is what happened, and messagesOf what it is that of.
var (
	messages   = wordlist.Set(`message msg description reason cause`)
	messagesOf = wordlist.Set(`event error alert alarm fault exception failure log status problem trap detailed full short warning`)
)

// times end keys whose value is when something happened.
var times = wordlist.Set(`time date timestamp at since on after before until zeit zeitpunkt datum uhrzeit heure fecha hora ora data tijd tid czas`)

// phrases begin lines that programs and people write around what happened.
var phrases = byFirst([]string{
	"this is an automat", "this is the", "this is a ", "this message", "this mail", "this email", "this e-mail", "this notification",
	"this report", "for alarm", "automatically generated", "do not reply", "please ", "you are receiving", "you have received", "you received", "to unsubscribe",
	"unsubscribe", "dear ", "hi ", "hi,", "hello", "good morning", "regards", "best regards", "kind regards", "sincerely",
	"thank", "sent from", "sent by", "generated by", "powered by", "for more", "for details", "further information", "click ",
	"copyright", "view ", "see ", "visit ", "if you ", "to view", "to see", "to manage", "log in", "a bug", "note:", "hint:", "help:", "detail:  ", "context:  ", "statement:  ",
	"bitte ", "guten tag", "sehr geehrte", "hallo", "mit freundlichen", "viele gr", "diese mail", "diese e-mail", "diese nachricht", "dies ist",
	"automatische meldung", "automatische nachricht", "automatisch erstellt",
	"message automatique", "mensaje automático", "mensaje automatico", "messaggio automatico", "messaggio generato", "mensagem automática", "wiadomość automatyczna", "automatisch bericht",
	"bonjour", "veuillez", "merci", "cordialement", "ce message", "cet e-mail", "ceci est",
	"hola", "estimad", "por favor", "gracias", "saludos", "este mensaje", "este correo",
	"buongiorno", "gentile", "si prega", "cordiali", "questo messaggio", "questa e-mail", "olá", "prezad", "esta mensagem",
	"below is", "the following", "here is", "attached", "see also", "run ", "your ",
	"first, ", "next, ", "check the ", "check that ", "check if ", "check whether ", "check your ", "make sure", "ensure that ", "try to ", "try again", "contact the ", "contact your ", "contact us", "contact support",
	"you can ", "you may ", "you should ", "to fix ", "to resolve ", "to solve ", "to avoid ", "to prevent ",
})

// byFirst returns texts by their first letter.
func byFirst(texts []string) (table [256][]string) {
	for _, text := range texts {
		table[text[0]] = append(table[text[0]], text)
	}
	return table
}

// A meaning is what is known of a word.
type meaning struct {
	score   int  // of what happened
	level   int  // as a severity, if isLevel
	isLevel bool // a logger prints it as a severity
	isNoun  bool // see nouns
	isEnd   bool // see ends
	isExit  bool // see exits
	role    role // what it does to the words around it
}

// words are all words that mean something.
var words = func() map[string]*meaning {
	all := make(map[string]*meaning)
	of := func(word string) *meaning {
		if all[word] == nil {
			all[word] = &meaning{}
		}
		return all[word]
	}
	for word, score := range wordlist.Table(scores) {
		of(word).score = score
		if rest, accented := strings.CutPrefix(word, "é"); accented {
			of("É" + rest).score = score // other letters are made small when they are read
		}
	}
	for word, level := range levels {
		of(word).level, of(word).isLevel = level, true
	}
	for word := range strings.FieldsSeq(nouns) {
		of(word).isNoun = true
	}
	for word := range strings.FieldsSeq(ends) {
		of(word).isEnd = true
	}
	for word := range strings.FieldsSeq(exits) {
		of(word).isExit = true
	}
	roles := map[role]string{denier: deniers, hedge: hedges, compound: compounds, condition: "if unless", negator: negators, out: "out", partOf: "of", being: "be"}
	for word, r := range wordlist.Table(roles) {
		of(word).role = r
	}
	return all
}()

// maxWord is the longest word that any of the tables has.
const maxWord = 17

// shapes has, for each first letter, a bit for each length of a word in the tables:
// nearly all words of a text are dismissed by it.
var shapes = func() (table [256]uint32) {
	note := func(word string) { table[word[0]] |= 1 << len(word) }
	for word := range words {
		note(word)
	}
	return table
}()
