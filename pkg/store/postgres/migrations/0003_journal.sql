-- What was recorded and is not yet in the other tables, a row for each commit, in the
-- order of their IDs. It is read whole, and so needs no index.
CREATE TABLE journal (
  id        bigint GENERATED ALWAYS AS IDENTITY,
  additions bytea  NOT NULL                -- see store.EncodeAdditions
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
ALTER TABLE journal ALTER additions SET STORAGE EXTERNAL; -- samples hardly compress

-- The commits of the last minutes, so that one that is made again counts once. Their
-- IDs are chosen by the nodes.
CREATE TABLE commits (
  id uuid        PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
