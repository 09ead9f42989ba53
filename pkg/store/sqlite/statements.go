package sqlite

import (
	"errors"

	"github.com/ncruces/go-sqlite3"
)

// statements are all that the store runs after it was opened.
type statements struct {
	begin, commit, vacuum, size statement

	note, notes, settle                    statement
	seen, see                              statement
	addBatch, addRecipient                 statement
	setGroups, setVariants                 statement
	countGroup, newGroup                   statement
	countVariant, newVariant, setVarying   statement
	beginGroup, beginVariant, setSample    statement
	newSample, countHost, newHost          statement
	addMinute                              statement
	nextDue, claim, seal, delete, remember statement
	inherit                                statement
	groups, variants, hosts, minutes       statement
	recipients, open, flush, pending       statement
	said, standing, stand                  statement
	problem, aboutThing, history           statement
	saveProblem, saveRecord, saveThing     statement
	saveSample, saveAlias, removeProblem   statement
	releaseAlias                           statement
	moveSamples, moveAliases               statement
	problemSamples, problemsOf             statement
	forgetProblems, boundProblems          statement
	forgetSamples                          statement
	keepSent, keepContent, listSent        statement
	sentContent, dropSent, forgetSent      statement
	insert, insertPiece                    statement
	nextSend, claimOutgoing, pieces        statement
	postpone, finish, hasSummary           statement
	sealedBatch, isOpen, reopen, merge     statement
	moveGroups, moveRecipients             statement
	outgoing, retry                        statement
	mute, unmute, mutes, beat, heartbeats  statement
	learn, lessons                         statement
	forgetFingerprints, forgetSeen         statement
	forgetMutes, forgetHeartbeats          statement
	forgetStandings                        statement
	keepNote, dropNote, noted, newest      statement
	noteLater                              statement
}

const (
	// batchColumns are what readBatch reads, outgoingColumns what readOutgoing
	// does.
	batchColumns = `id, key, early, count, first_at, last_at, coalesce(first_due, due_at), held_since,
		loud_first, loud_last, due_by`
	outgoingColumns = `id, batch_key, message_id, sender, recipients, count, group_count, due_at, next_at,
		attempts, last_error, (SELECT sealed = 1 FROM batches b WHERE b.id = batch)`

	// What an open batch and what is added to it have together. NULL is
	// nothing, where the scalar min and max of SQLite make everything NULL.
	loudFirst = `min(coalesce(loud_first, excluded.loud_first), coalesce(excluded.loud_first, loud_first))`
	loudLast  = `max(coalesce(loud_last, excluded.loud_last), coalesce(excluded.loud_last, loud_last))`
	dueBy     = `min(coalesce(due_by, excluded.due_by), coalesce(excluded.due_by, due_by))`
)

func (s *statements) all() map[*statement]string {
	return map[*statement]string{
		&s.begin:  `BEGIN IMMEDIATE`,
		&s.commit: `COMMIT`,
		&s.vacuum: `PRAGMA incremental_vacuum`,
		&s.size: `
			SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,

		&s.note:   `INSERT INTO journal (additions) VALUES (?1)`,
		&s.notes:  `SELECT additions FROM journal ORDER BY id`,
		&s.settle: `DELETE FROM journal`,

		&s.seen: `SELECT last_at FROM seen WHERE batch_key = ?1 AND group_key = ?2`,
		&s.see: `
			INSERT INTO seen VALUES (?1, ?2, ?3)
			ON CONFLICT DO UPDATE SET last_at = max(last_at, excluded.last_at)`,
		&s.addBatch: `
			INSERT INTO batches (key, early, count, first_at, last_at, loud_first, loud_last, due_by, due_at)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, min(coalesce(min(?7 + ?9, ?6 + ?10), ?11), coalesce(?8, ?11)))
			ON CONFLICT (key, early) WHERE state = 'open' DO UPDATE SET
				count      = count + excluded.count,
				first_at   = min(first_at, excluded.first_at),
				last_at    = max(last_at, excluded.last_at),
				loud_first = ` + loudFirst + `,
				loud_last  = ` + loudLast + `,
				due_by     = ` + dueBy + `,
				due_at     = iif(excluded.loud_first IS NULL, min(due_at, excluded.due_at),
					min(min(` + loudLast + ` + ?9, ` + loudFirst + ` + ?10), coalesce(` + dueBy + `, ?11)))
			RETURNING id, group_count, sample_size`,
		&s.setGroups:   `UPDATE batches SET group_count = ?2, sample_size = ?3 WHERE id = ?1`,
		&s.setVariants: `UPDATE groups SET variant_count = ?2, host_count = ?3 WHERE id = ?1`,
		&s.addRecipient: `
			INSERT INTO recipients VALUES (?1, ?2, ?3)
			ON CONFLICT DO UPDATE SET count = count + excluded.count`,
		&s.countGroup: `
			UPDATE groups SET count = count + ?3, first_at = min(first_at, ?4), last_at = max(last_at, ?5), parts = parts + ?6
			WHERE batch = ?1 AND key = ?2 RETURNING id, variant_count, host_count`,
		&s.newGroup: `
			INSERT INTO groups (batch, key, count, first_at, last_at, title, reason, muted, parts)
			SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM batches WHERE id = ?1
			RETURNING id`,
		&s.countVariant: `
			UPDATE variants SET count = count + ?3, first_at = min(first_at, ?4), last_at = max(last_at, ?5)
			WHERE group_id = ?1 AND fingerprint = ?2 RETURNING id, varying`,
		&s.newVariant: `
			INSERT INTO variants (group_id, fingerprint, count, first_at, last_at, reason, varying, status, severity, source, sender, object)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) RETURNING id`,
		&s.setVarying: `UPDATE variants SET varying = ?2 WHERE id = ?1`,
		&s.newSample:  `INSERT INTO samples VALUES (?1, ?2, ?3)`,
		// A batch that is reopened may have begun before the open one.
		&s.beginGroup: `UPDATE groups SET title = ?3, reason = ?4 WHERE batch = ?1 AND key = ?2 AND first_at > ?5`,
		&s.beginVariant: `
			UPDATE variants SET reason = ?3, status = ?5, severity = ?6, source = ?7, sender = ?8, object = ?9
			WHERE group_id = ?1 AND fingerprint = ?2 AND first_at > ?4
			RETURNING id, (SELECT length(mail) FROM samples WHERE variant = id)`,
		&s.setSample: `UPDATE samples SET mail = ?2, size = ?3 WHERE variant = ?1`,
		&s.countHost: `
			UPDATE sources SET count = count + ?3 WHERE group_id = ?1 AND host = ?2 RETURNING 1`,
		&s.newHost: `INSERT INTO sources VALUES (?1, ?2, ?3)`,
		&s.addMinute: `
			INSERT INTO minutes VALUES (?1, ?2, ?3)
			ON CONFLICT DO UPDATE SET count = count + excluded.count`,

		&s.nextDue: `
			SELECT min(CASE state WHEN 'open' THEN due_at ELSE lease_until END) FROM batches WHERE NOT sealed`,
		&s.claim: `
			UPDATE batches SET state = 'sending', lease_until = ?2, first_due = coalesce(first_due, due_at) WHERE id = (
				SELECT id FROM batches
				WHERE NOT sealed AND CASE state WHEN 'open' THEN due_at ELSE lease_until END <= ?1
				ORDER BY coalesce(first_due, due_at), id LIMIT 1)
			RETURNING ` + batchColumns,
		&s.groups: `
			SELECT id, key, title, reason, count, first_at, last_at, muted, parts FROM groups
			WHERE batch = ?1 ORDER BY id`,
		&s.variants: `
			SELECT fingerprint, reason, v.count, v.first_at, v.last_at, iif(?2, mail, NULL), size, varying,
				f.first_at, f.last_at, coalesce(f.count, 0), status, severity, v.source, v.sender, v.object,
				s.since_at, s.bad_at, s.good_at, coalesce(s.count, 0)
			FROM variants v LEFT JOIN samples ON variant = id LEFT JOIN fingerprints f ON f.hash = fingerprint
				LEFT JOIN standings s ON s.source = v.source AND s.sender = v.sender AND s.object = v.object AND v.object <> ''
			WHERE group_id = ?1 ORDER BY id`,
		&s.hosts:      `SELECT host, count FROM sources WHERE group_id = ?1`,
		&s.minutes:    `SELECT minute, count FROM minutes WHERE group_id = ?1`,
		&s.recipients: `SELECT address, count FROM recipients WHERE batch = ?1`,
		&s.seal:       `UPDATE batches SET sealed = ?2 WHERE id = ?1 AND state = 'sending' AND NOT sealed RETURNING id`,
		&s.delete:     `DELETE FROM batches WHERE id = ?1`,
		&s.remember: `
			INSERT INTO fingerprints
			SELECT fingerprint, min(v.first_at), max(v.last_at), sum(v.count)
			FROM groups g JOIN variants v ON group_id = g.id WHERE batch = ?1 GROUP BY fingerprint
			ON CONFLICT DO UPDATE SET
				first_at = min(first_at, excluded.first_at),
				last_at  = max(last_at, excluded.last_at),
				count    = count + excluded.count`,
		&s.inherit: `
			INSERT INTO fingerprints SELECT ?2, first_at, last_at, count FROM fingerprints WHERE hash = ?1
			ON CONFLICT DO UPDATE SET
				first_at = min(first_at, excluded.first_at),
				last_at  = max(last_at, excluded.last_at),
				count    = max(count, excluded.count)`,
		&s.said: `
			SELECT status, source, sender, object, v.count, v.first_at, v.last_at, varying
			FROM groups g JOIN variants v ON group_id = g.id WHERE batch = ?1 AND object <> ''`,
		&s.standing: `SELECT since_at, bad_at, good_at, count FROM standings WHERE source = ?1 AND sender = ?2 AND object = ?3`,
		&s.stand:    `INSERT OR REPLACE INTO standings VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`,
		&s.problem: `
			SELECT record FROM problem_records WHERE problem = (
				SELECT number FROM problems WHERE id = coalesce((SELECT became FROM problem_aliases WHERE id = ?1), ?1))`,
		&s.aboutThing: `
			SELECT id FROM problem_things t JOIN problems ON number = problem WHERE t.source = ?1 AND sender = ?2 AND object = ?3`,
		&s.history: `SELECT first_at, last_at, count FROM fingerprints WHERE hash = ?1`,
		&s.saveProblem: `
			INSERT INTO problems (id, fingerprint, text, hosts, source, objects, owner, lasting, bad_at, acked, muted_until, first_at, last_at)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
			ON CONFLICT (id) DO UPDATE SET fingerprint = ?2, text = ?3, hosts = ?4, source = ?5, objects = ?6, owner = ?7,
				lasting = ?8, bad_at = ?9, acked = ?10, muted_until = ?11, first_at = ?12, last_at = ?13
			RETURNING number`,
		&s.saveRecord: `INSERT INTO problem_records VALUES (?1, ?2) ON CONFLICT DO UPDATE SET record = ?2`,
		&s.saveThing:  `INSERT OR IGNORE INTO problem_things VALUES (?1, ?2, ?3, ?4)`,
		&s.saveSample: `
			INSERT INTO problem_samples SELECT number, ?2, ?3, ?4 FROM problems WHERE id = ?1
			ON CONFLICT DO UPDATE SET at = ?3, mail = ?4 WHERE ?2 = 'last'`,
		&s.saveAlias:     `INSERT OR REPLACE INTO problem_aliases VALUES (?1, ?2)`,
		&s.releaseAlias:  `DELETE FROM problem_aliases WHERE id = ?1`,
		&s.moveAliases:   `UPDATE problem_aliases SET became = ?2 WHERE became = ?1`,
		&s.removeProblem: `DELETE FROM problems WHERE id = ?1`,
		&s.moveSamples: `
			INSERT OR IGNORE INTO problem_samples
			SELECT (SELECT number FROM problems WHERE id = ?2), slot, at, mail FROM problem_samples
			WHERE problem = (SELECT number FROM problems WHERE id = ?1)`,
		&s.problemSamples: `SELECT slot, at, mail FROM problem_samples WHERE problem = (SELECT number FROM problems WHERE id = ?1)`,
		&s.problemsOf:     `SELECT id FROM problems WHERE fingerprint = ?1 AND fingerprint <> ''`,
		&s.forgetProblems: `DELETE FROM problems WHERE last_at < ?1 AND NOT (lasting OR bad_at > ?2) AND (last_at > 0 OR first_at < ?3)`,
		&s.forgetSamples:  `DELETE FROM problem_samples WHERE at < ?1 AND slot NOT IN ('first', 'last')`,
		&s.boundProblems: `
			DELETE FROM problems WHERE number IN (
				SELECT number FROM problems ORDER BY (lasting OR bad_at > ?2), last_at, id DESC
				LIMIT max((SELECT count(*) FROM problems) - ?1, 0))`,
		&s.keepSent:    `INSERT INTO sent VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET made_at = ?2, record = ?3`,
		&s.keepContent: `INSERT INTO sent_contents VALUES (?1, ?2) ON CONFLICT DO UPDATE SET content = ?2`,
		&s.listSent:    `SELECT id, made_at, record FROM sent ORDER BY made_at DESC, id LIMIT ?1`,
		&s.sentContent: `SELECT content FROM sent_contents WHERE id = ?1`,
		&s.dropSent:    `DELETE FROM sent WHERE id = ?1`,
		&s.forgetSent: `
			DELETE FROM sent WHERE made_at < ?1 OR id IN (
				SELECT id FROM (
					SELECT id, sum(coalesce(length(content), 0)) OVER (ORDER BY made_at DESC, id) AS size
					FROM sent LEFT JOIN sent_contents USING (id))
				WHERE size > ?2)`,
		&s.open: `SELECT ` + batchColumns + ` FROM batches WHERE state = 'open' ORDER BY due_at, id`,
		&s.flush: `
			UPDATE batches SET due_by = min(coalesce(due_by, ?2), ?2), due_at = min(due_at, ?2)
			WHERE state = 'open' AND (?1 = 0 OR id = ?1) RETURNING 1`,
		&s.pending: `
			SELECT count(*), coalesce(sum(count), 0), (SELECT count(*) FROM outbox) FROM batches WHERE NOT sealed`,

		&s.insert: `
			INSERT INTO outbox (batch_key, message_id, sender, recipients, mail, count, group_count,
				due_at, next_at, attempts, last_error, batch)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) RETURNING id`,
		&s.insertPiece: `INSERT INTO pieces (summary, number, bytes) VALUES (?1, ?2, ?3)`,
		&s.pieces: `
			SELECT bytes, (SELECT sum(length(bytes)) FROM pieces WHERE summary = ?1) FROM pieces
			WHERE summary = ?1 ORDER BY number`,
		&s.nextSend: `SELECT min(max(next_at, lease_until)) FROM outbox`,
		&s.claimOutgoing: `
			UPDATE outbox SET lease_until = ?2, attempts = attempts + 1 WHERE id = (
				SELECT id FROM outbox WHERE max(next_at, lease_until) <= ?1 ORDER BY next_at, id LIMIT 1)
			RETURNING ` + outgoingColumns + `, mail`,
		&s.postpone: `
			UPDATE outbox SET recipients = ?2, attempts = ?3, next_at = ?4, last_error = ?5, lease_until = 0
			WHERE id = ?1 RETURNING id`,
		&s.finish:     `DELETE FROM outbox WHERE id = ?1 RETURNING batch`,
		&s.hasSummary: `SELECT 1 FROM outbox WHERE batch = ?1 LIMIT 1`,
		&s.sealedBatch: `
			SELECT ` + batchColumns + ` FROM batches WHERE sealed = 1 AND id = (SELECT batch FROM outbox WHERE id = ?1)`,
		&s.isOpen: `SELECT 1 FROM batches WHERE state = 'open' AND key = ?1 AND early = ?2`,
		&s.reopen: `
			INSERT INTO batches (key, early, count, group_count, sample_size, first_at, last_at, loud_first, loud_last,
				due_by, due_at, first_due, held_since)
			SELECT key, early, count, group_count, sample_size, first_at, last_at, loud_first, loud_last,
				due_by, first_due, first_due, ?2
			FROM batches WHERE id = ?1
			RETURNING id`,
		&s.moveGroups:     `UPDATE groups SET batch = ?2 WHERE batch = ?1`,
		&s.moveRecipients: `UPDATE recipients SET batch = ?2 WHERE batch = ?1`,
		&s.merge: `
			INSERT INTO batches (key, early, count, first_at, last_at, loud_first, loud_last, due_by, due_at, first_due, held_since)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10)
			ON CONFLICT (key, early) WHERE state = 'open' DO UPDATE SET
				count      = count + excluded.count,
				first_at   = min(first_at, excluded.first_at),
				last_at    = max(last_at, excluded.last_at),
				loud_first = ` + loudFirst + `,
				loud_last  = ` + loudLast + `,
				due_by     = ` + dueBy + `,
				due_at     = min(due_at, excluded.due_at),
				first_due  = min(coalesce(first_due, excluded.first_due), excluded.first_due),
				held_since = min(coalesce(held_since, excluded.held_since), coalesce(excluded.held_since, held_since))
			RETURNING id, group_count, sample_size`,
		&s.outgoing: `SELECT ` + outgoingColumns + `, NULL FROM outbox ORDER BY next_at, id`,
		&s.retry: `
			UPDATE outbox SET next_at = min(next_at, ?2) WHERE lease_until <= ?2 AND (?1 = 0 OR id = ?1) RETURNING 1`,

		&s.mute: `
			INSERT INTO mutes (fingerprint, pattern, reason, created_at, until_at, problem, name, until_over, until_count, things)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) RETURNING id`,
		&s.unmute: `DELETE FROM mutes WHERE id = ?1 RETURNING id`,
		&s.mutes: `
			SELECT id, fingerprint, pattern, reason, created_at, until_at, problem, name, until_over, until_count, things FROM mutes WHERE until_at > ?1 ORDER BY id`,
		&s.beat: `
			INSERT INTO heartbeats VALUES (?1, ?2, 1)
			ON CONFLICT DO UPDATE SET last_at = max(last_at, excluded.last_at), count = count + 1`,
		&s.heartbeats: `SELECT name, last_at, count FROM heartbeats ORDER BY name`,

		&s.learn: `
			INSERT INTO lessons (kind, fingerprint, other, lines, at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING`,
		&s.lessons: `SELECT id, kind, fingerprint, other, lines, at FROM lessons WHERE id > ?1 ORDER BY id`,

		&s.forgetFingerprints: `DELETE FROM fingerprints WHERE last_at < ?1`,
		&s.forgetSeen:         `DELETE FROM seen WHERE last_at < ?1`,
		&s.forgetMutes:        `DELETE FROM mutes WHERE until_at < ?1`,
		&s.forgetStandings:    `DELETE FROM standings WHERE max(bad_at, good_at) < ?1`,
		&s.forgetHeartbeats:   `DELETE FROM heartbeats WHERE last_at < ?1`,

		&s.keepNote: `INSERT INTO notes VALUES (?1, ?2) ON CONFLICT DO UPDATE SET text = excluded.text`,
		&s.noteLater: `
			INSERT INTO notes VALUES (?1, ?2) ON CONFLICT DO UPDATE SET text = excluded.text WHERE text < excluded.text RETURNING 1`,
		&s.dropNote: `DELETE FROM notes WHERE name = ?1`,
		&s.noted:    `SELECT text FROM notes WHERE name = ?1`,
		&s.newest: `
			SELECT max(at) FROM (
				SELECT max(last_at) AS at FROM batches UNION ALL SELECT max(last_at) FROM fingerprints UNION ALL
				SELECT max(last_at) FROM seen UNION ALL SELECT max(created_at) FROM mutes UNION ALL SELECT max(last_at) FROM heartbeats)`,
	}
}

func (s *statements) prepare(conn *sqlite3.Conn) error {
	for statement, sql := range s.all() {
		statement.sql = sql
		if err := statement.prepare(conn); err != nil {
			return err
		}
	}
	return nil
}

func (s *statements) close() error {
	var errs []error
	for statement := range s.all() {
		if statement.stmt != nil {
			errs = append(errs, statement.stmt.Close())
		}
	}
	return errors.Join(errs...)
}
