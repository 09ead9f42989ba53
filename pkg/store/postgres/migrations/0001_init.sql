-- Times are microseconds since the Unix epoch.
--
-- Keys, fingerprints, hosts and addresses are of any length, which an index does
-- not take, so rows are found by the first 16 bytes of a SHA-256. uuid is the
-- smallest type that holds them.
--
-- There are no foreign keys: they would look the batch up for every row of a
-- commit. Whoever touches rows of a batch has its row in batches locked.
--
-- What changes with every commit is in no index, and the fillfactor leaves room
-- in each page, so that PostgreSQL updates in place (HOT) instead of growing.

CREATE TABLE batches (
  id          bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key         text    NOT NULL,
  key_hash    uuid    NOT NULL,
  early       boolean NOT NULL,            -- the first mail of a group, see store.Entry.Quiet
  state       text    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'sending', 'sealed')),
  count       bigint  NOT NULL,
  group_count integer NOT NULL DEFAULT 0,
  sample_size bigint  NOT NULL DEFAULT 0,  -- of all samples kept
  first_at    bigint  NOT NULL,
  last_at     bigint  NOT NULL,
  loud_first  bigint,                      -- of the mails that are not muted
  loud_last   bigint,
  wait        bigint,                      -- the window of the last one of these
  max_wait    bigint,
  due_by      bigint,                      -- whatever the window says
  due_at      bigint  NOT NULL,
  first_due   bigint,                      -- when it was claimed first
  held_since  bigint,                      -- since when it could not be delivered
  lease_until bigint  NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX batches_open ON batches (key_hash, early) WHERE state = 'open';

CREATE TABLE groups (
  batch         bigint  NOT NULL,
  hash          uuid    NOT NULL,          -- of the key
  nr            integer NOT NULL,          -- in the order of arrival
  key           text    NOT NULL,
  title         text    NOT NULL,
  reason        text    NOT NULL,
  muted         boolean NOT NULL,
  count         bigint  NOT NULL,
  variant_count integer NOT NULL,
  host_count    integer NOT NULL,
  first_at      bigint  NOT NULL,
  last_at       bigint  NOT NULL,
  PRIMARY KEY (batch, hash)
) WITH (fillfactor = 70);

CREATE TABLE variants (
  batch       bigint  NOT NULL,
  group_hash  uuid    NOT NULL,
  hash        uuid    NOT NULL,            -- of the fingerprint
  nr          integer NOT NULL,            -- in the order of arrival
  fingerprint text    NOT NULL,
  reason      text    NOT NULL,
  count       bigint  NOT NULL,
  first_at    bigint  NOT NULL,
  last_at     bigint  NOT NULL,
  size        bigint  NOT NULL,            -- of the first mail, before it was cut
  varying     text    NOT NULL,            -- JSON, see store.Varying
  seen_first  bigint,                      -- as the history had it when the variant began
  seen_last   bigint,
  seen_count  bigint  NOT NULL,
  PRIMARY KEY (batch, group_hash, hash)
) WITH (fillfactor = 70);

-- The samples are in their own table so that counting does not copy them.
CREATE TABLE samples (
  batch      bigint NOT NULL,
  group_hash uuid   NOT NULL,
  hash       uuid   NOT NULL,
  mail       bytea  NOT NULL,
  PRIMARY KEY (batch, group_hash, hash)
);

CREATE TABLE sources (
  batch      bigint NOT NULL,
  group_hash uuid   NOT NULL,
  hash       uuid   NOT NULL,              -- of the host
  host       text   NOT NULL,
  count      bigint NOT NULL,
  PRIMARY KEY (batch, group_hash, hash)
) WITH (fillfactor = 70);

CREATE TABLE minutes (
  batch      bigint NOT NULL,
  group_hash uuid   NOT NULL,
  minute     bigint NOT NULL,              -- Unix time / 60
  count      bigint NOT NULL,
  PRIMARY KEY (batch, group_hash, minute)
) WITH (fillfactor = 70);

-- Addresses are as received, in whatever encoding, and so not text.
CREATE TABLE recipients (
  batch   bigint NOT NULL,
  hash    uuid   NOT NULL,
  address bytea  NOT NULL,
  count   bigint NOT NULL,
  PRIMARY KEY (batch, hash)
) WITH (fillfactor = 50);

CREATE TABLE outbox (
  id          bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  batch       bigint  NOT NULL,            -- 0 for a mail that comes from none
  folds       boolean NOT NULL,            -- it is the only summary of its batch
  batch_key   text    NOT NULL,
  message_id  text    NOT NULL,
  sender      bytea   NOT NULL,
  recipients  bytea   NOT NULL,            -- one on each line
  mail        bytea   NOT NULL,
  count       bigint  NOT NULL,
  group_count integer NOT NULL,
  due_at      bigint  NOT NULL,
  next_at     bigint  NOT NULL,
  attempts    integer NOT NULL,
  last_error  text    NOT NULL,
  lease_until bigint  NOT NULL DEFAULT 0
);

-- The history, for store.Variant.Seen.
CREATE TABLE fingerprints (
  hash     uuid   PRIMARY KEY,
  first_at bigint NOT NULL,
  last_at  bigint NOT NULL,
  count    bigint NOT NULL
) WITH (fillfactor = 90);

-- When a group was seen last, kept only for store.Entry.Quiet; null while a
-- transaction makes up its mind.
CREATE TABLE seen (
  batch_hash uuid NOT NULL,
  group_hash uuid NOT NULL,
  last_at    bigint,
  PRIMARY KEY (batch_hash, group_hash)
) WITH (fillfactor = 70);

CREATE TABLE mutes (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  fingerprint text   NOT NULL,
  pattern     text   NOT NULL,
  reason      text   NOT NULL,
  created_at  bigint NOT NULL,
  until_at    bigint NOT NULL
);

CREATE TABLE heartbeats (
  hash    uuid   PRIMARY KEY,              -- of the name
  name    text   NOT NULL,
  last_at bigint NOT NULL,
  count   bigint NOT NULL
);
