-- What was learned of which texts are one error, for good.
CREATE TABLE lessons (
  id          INTEGER PRIMARY KEY,
  kind        TEXT    NOT NULL, -- see store.LessonKind
  fingerprint TEXT    NOT NULL,
  other       TEXT    NOT NULL,
  lines       TEXT    NOT NULL, -- one below the other
  at          INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX lessons_texts ON lessons (fingerprint) WHERE kind = 'text';
