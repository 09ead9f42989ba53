-- Times are microseconds since the Unix epoch.

CREATE TABLE batches (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  key         TEXT    NOT NULL,
  state       TEXT    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'sending')),
  count       INTEGER NOT NULL,
  group_count INTEGER NOT NULL DEFAULT 0,
  sample_size INTEGER NOT NULL DEFAULT 0, -- of all samples kept
  first_at    INTEGER NOT NULL,
  last_at     INTEGER NOT NULL,
  due_at      INTEGER NOT NULL,
  lease_until INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX batches_open ON batches (key) WHERE state = 'open';

CREATE TABLE groups (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  batch         INTEGER NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
  key           TEXT    NOT NULL,
  title         TEXT    NOT NULL,
  reason        TEXT    NOT NULL,
  count         INTEGER NOT NULL,
  variant_count INTEGER NOT NULL DEFAULT 0,
  host_count    INTEGER NOT NULL DEFAULT 0,
  first_at      INTEGER NOT NULL,
  last_at       INTEGER NOT NULL,
  UNIQUE (batch, key)
) STRICT;

-- The sample is in its own table so that counting does not rewrite its pages.
CREATE TABLE variants (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  group_id    INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  fingerprint TEXT    NOT NULL,
  reason      TEXT    NOT NULL,
  count       INTEGER NOT NULL,
  first_at    INTEGER NOT NULL,
  last_at     INTEGER NOT NULL,
  UNIQUE (group_id, fingerprint)
) STRICT;

CREATE TABLE samples (
  variant INTEGER PRIMARY KEY REFERENCES variants (id) ON DELETE CASCADE,
  mail    BLOB    NOT NULL,
  size    INTEGER NOT NULL -- before it was cut
) STRICT;

CREATE TABLE sources (
  group_id INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  host     TEXT    NOT NULL,
  count    INTEGER NOT NULL,
  PRIMARY KEY (group_id, host)
) STRICT, WITHOUT ROWID;

CREATE TABLE minutes (
  group_id INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  minute   INTEGER NOT NULL, -- Unix time / 60
  count    INTEGER NOT NULL,
  PRIMARY KEY (group_id, minute)
) STRICT, WITHOUT ROWID;

CREATE TABLE recipients (
  batch   INTEGER NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
  address TEXT    NOT NULL,
  count   INTEGER NOT NULL,
  PRIMARY KEY (batch, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  batch_key   TEXT    NOT NULL,
  message_id  TEXT    NOT NULL,
  sender      TEXT    NOT NULL,
  recipients  TEXT    NOT NULL, -- one on each line
  mail        BLOB    NOT NULL,
  count       INTEGER NOT NULL,
  group_count INTEGER NOT NULL,
  due_at      INTEGER NOT NULL,
  next_at     INTEGER NOT NULL,
  attempts    INTEGER NOT NULL DEFAULT 0,
  last_error  TEXT    NOT NULL DEFAULT '',
  lease_until INTEGER NOT NULL DEFAULT 0
) STRICT;
