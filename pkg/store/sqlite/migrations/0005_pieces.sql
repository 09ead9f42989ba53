-- The mails of the outbox that are too large for one value, which SQLite would hold
-- in memory several times, whenever a column of the row changes.
CREATE TABLE pieces (
  summary INTEGER NOT NULL REFERENCES outbox ON DELETE CASCADE,
  number  INTEGER NOT NULL,
  bytes   BLOB    NOT NULL,
  PRIMARY KEY (summary, number)
) STRICT, WITHOUT ROWID;
