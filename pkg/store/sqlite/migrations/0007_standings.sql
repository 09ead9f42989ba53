-- What mails mean, see store.Meaning, and how things stand, see store.Standing.
ALTER TABLE variants ADD COLUMN status TEXT NOT NULL DEFAULT '';
ALTER TABLE variants ADD COLUMN severity TEXT NOT NULL DEFAULT '';
ALTER TABLE variants ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE variants ADD COLUMN sender TEXT NOT NULL DEFAULT '';
ALTER TABLE variants ADD COLUMN object TEXT NOT NULL DEFAULT '';
CREATE TABLE standings (
  source   TEXT    NOT NULL,
  sender   TEXT    NOT NULL,
  object   TEXT    NOT NULL,
  since_at INTEGER NOT NULL,
  bad_at   INTEGER NOT NULL,
  good_at  INTEGER NOT NULL DEFAULT 0, -- 0 for never
  count    INTEGER NOT NULL,
  PRIMARY KEY (source, sender, object)
) STRICT, WITHOUT ROWID;
