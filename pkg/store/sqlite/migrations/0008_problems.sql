-- What mails say is wrong, over all batches, see store.Problem. What is searched stands
-- apart from what is read of the few that are shown.
CREATE TABLE problems (
  number      INTEGER PRIMARY KEY,
  id          TEXT    NOT NULL UNIQUE,
  fingerprint TEXT    NOT NULL,
  text        TEXT    NOT NULL, -- in lower case, as the next ones; see store.ProblemRow
  hosts       TEXT    NOT NULL,
  source      TEXT    NOT NULL,
  objects     TEXT    NOT NULL,
  owner       TEXT    NOT NULL,
  lasting     INTEGER NOT NULL,
  bad_at      INTEGER NOT NULL, -- 0 for never
  acked       INTEGER NOT NULL,
  muted_until INTEGER NOT NULL, -- 0 for never
  first_at    INTEGER NOT NULL,
  last_at     INTEGER NOT NULL
) STRICT;
-- Also all that decides in which state a problem is, so that to count those in a state reads no
-- texts.
CREATE INDEX problems_last ON problems (last_at DESC, id, lasting, bad_at, muted_until, acked, first_at);
CREATE INDEX problems_fingerprint ON problems (fingerprint) WHERE fingerprint <> '';
CREATE TABLE problem_records (
  problem INTEGER PRIMARY KEY REFERENCES problems (number) ON DELETE CASCADE,
  record  BLOB    NOT NULL -- see store.EncodeProblem
) STRICT;
CREATE TABLE problem_things (
  source  TEXT    NOT NULL,
  sender  TEXT    NOT NULL,
  object  TEXT    NOT NULL,
  problem INTEGER NOT NULL REFERENCES problems (number) ON DELETE CASCADE,
  PRIMARY KEY (source, sender, object, problem)
) STRICT, WITHOUT ROWID;
CREATE INDEX problem_things_problem ON problem_things (problem);
CREATE TABLE problem_samples (
  problem INTEGER NOT NULL REFERENCES problems (number) ON DELETE CASCADE,
  slot    TEXT    NOT NULL, -- see store.ProblemSample
  at      INTEGER NOT NULL,
  mail    BLOB    NOT NULL,
  PRIMARY KEY (problem, slot)
) STRICT;
-- What problems became that were merged into others.
CREATE TABLE problem_aliases (
  id     TEXT PRIMARY KEY,
  became TEXT NOT NULL REFERENCES problems (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX problem_aliases_became ON problem_aliases (became);
ALTER TABLE mutes ADD COLUMN problem TEXT NOT NULL DEFAULT '';
ALTER TABLE mutes ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE mutes ADD COLUMN until_over INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mutes ADD COLUMN until_count INTEGER NOT NULL DEFAULT 0;
-- Summaries that were made, for people to look at again; see store.SentSummary.
CREATE TABLE sent (
  id      TEXT    PRIMARY KEY,
  made_at INTEGER NOT NULL,
  record  BLOB    NOT NULL
) STRICT;
CREATE INDEX sent_made ON sent (made_at DESC, id);
CREATE TABLE sent_contents (
  id      TEXT PRIMARY KEY REFERENCES sent (id) ON DELETE CASCADE,
  content BLOB NOT NULL
) STRICT;

-- Of what a group counts, the parts of mails that another part counts.
ALTER TABLE groups ADD COLUMN parts INTEGER NOT NULL DEFAULT 0;
