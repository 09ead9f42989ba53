-- What mails say is wrong, over all batches, see store.Problem. Who changes them has the
-- lock of the journal. What is searched stands apart from what is read of the few that are
-- shown.
CREATE TABLE problems (
  id          text    COLLATE "C" PRIMARY KEY,
  fingerprint text    NOT NULL,
  text        text    NOT NULL, -- in lower case, as the next ones; see store.ProblemRow
  hosts       text    NOT NULL,
  source      text    NOT NULL,
  objects     text    NOT NULL,
  owner       text    NOT NULL,
  lasting     boolean NOT NULL,
  bad_at      bigint, -- NULL for never
  acked       boolean NOT NULL,
  muted_until bigint, -- NULL for never
  first_at    bigint  NOT NULL,
  last_at     bigint  NOT NULL
);
CREATE INDEX problems_last ON problems (last_at DESC, id);
CREATE INDEX problems_bad ON problems (bad_at);
CREATE INDEX problems_lasting ON problems (lasting) WHERE lasting;
CREATE INDEX problems_fingerprint ON problems USING hash (fingerprint) WHERE fingerprint <> '';
CREATE TABLE problem_records (
  problem text COLLATE "C" PRIMARY KEY REFERENCES problems (id) ON DELETE CASCADE,
  record  bytea NOT NULL -- see store.EncodeProblem
);
CREATE TABLE problem_things (
  thing   uuid NOT NULL, -- the hash of its names
  problem text COLLATE "C" NOT NULL REFERENCES problems (id) ON DELETE CASCADE,
  PRIMARY KEY (thing, problem)
);
CREATE INDEX problem_things_problem ON problem_things (problem);
CREATE TABLE problem_samples (
  problem text   COLLATE "C" NOT NULL REFERENCES problems (id) ON DELETE CASCADE,
  slot    text   NOT NULL, -- see store.ProblemSample
  at      bigint NOT NULL,
  mail    bytea  NOT NULL,
  PRIMARY KEY (problem, slot)
);
-- What problems became that were merged into others.
CREATE TABLE problem_aliases (
  id     text COLLATE "C" PRIMARY KEY,
  became text COLLATE "C" NOT NULL REFERENCES problems (id) ON DELETE CASCADE
);
CREATE INDEX problem_aliases_became ON problem_aliases (became);
ALTER TABLE mutes ADD COLUMN problem text NOT NULL DEFAULT '';
ALTER TABLE mutes ADD COLUMN name text NOT NULL DEFAULT '';
ALTER TABLE mutes ADD COLUMN until_over boolean NOT NULL DEFAULT false;
ALTER TABLE mutes ADD COLUMN until_count bigint NOT NULL DEFAULT 0;
-- Summaries that were made, for people to look at again; see store.SentSummary.
CREATE TABLE sent (
  id      text   COLLATE "C" PRIMARY KEY,
  made_at bigint NOT NULL,
  record  bytea  NOT NULL,
  content bytea  NOT NULL
);
CREATE INDEX sent_made ON sent (made_at DESC, id);

-- Of what a group counts, the parts of mails that another part counts.
ALTER TABLE groups ADD COLUMN parts bigint NOT NULL DEFAULT 0;
