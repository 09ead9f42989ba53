-- Mutes, heartbeats, the history of fingerprints, and batches that come back
-- from the outbox.

ALTER TABLE batches ADD COLUMN early INTEGER NOT NULL DEFAULT 0;  -- the first mail of a group, see store.Entry.Quiet
ALTER TABLE batches ADD COLUMN sealed INTEGER NOT NULL DEFAULT 0; -- how many summaries were put into the outbox
ALTER TABLE batches ADD COLUMN loud_first INTEGER;                -- of the mails that are not muted
ALTER TABLE batches ADD COLUMN loud_last INTEGER;
ALTER TABLE batches ADD COLUMN due_by INTEGER;                    -- whatever the window says
ALTER TABLE batches ADD COLUMN first_due INTEGER;                 -- when it was claimed first
ALTER TABLE batches ADD COLUMN held_since INTEGER;                -- since when it could not be delivered
UPDATE batches SET loud_first = first_at, loud_last = last_at;
DROP INDEX batches_open;
CREATE UNIQUE INDEX batches_open ON batches (key, early) WHERE state = 'open';

ALTER TABLE groups ADD COLUMN muted INTEGER NOT NULL DEFAULT 0;

ALTER TABLE variants ADD COLUMN varying TEXT NOT NULL DEFAULT ''; -- JSON, see store.Varying
ALTER TABLE variants ADD COLUMN seen_first INTEGER;               -- as the history had it when the variant began
ALTER TABLE variants ADD COLUMN seen_last INTEGER;
ALTER TABLE variants ADD COLUMN seen_count INTEGER NOT NULL DEFAULT 0;

ALTER TABLE outbox ADD COLUMN batch INTEGER NOT NULL DEFAULT 0;   -- 0 for a mail that comes from none

CREATE TABLE fingerprints (
  hash     TEXT    PRIMARY KEY,
  first_at INTEGER NOT NULL,
  last_at  INTEGER NOT NULL,
  count    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX fingerprints_last ON fingerprints (last_at);

-- When a group was seen last, kept only for store.Entry.Quiet.
CREATE TABLE seen (
  batch_key TEXT    NOT NULL,
  group_key TEXT    NOT NULL,
  last_at   INTEGER NOT NULL,
  PRIMARY KEY (batch_key, group_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE mutes (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  fingerprint TEXT    NOT NULL,
  pattern     TEXT    NOT NULL,
  reason      TEXT    NOT NULL,
  created_at  INTEGER NOT NULL,
  until_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE heartbeats (
  name    TEXT    PRIMARY KEY,
  last_at INTEGER NOT NULL,
  count   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
