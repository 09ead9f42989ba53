-- What was learned of which texts are one error, for good.
CREATE TABLE lessons (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind        text   NOT NULL, -- see store.LessonKind
  fingerprint text   NOT NULL,
  other       text   NOT NULL,
  lines       text   NOT NULL, -- one below the other
  at          bigint NOT NULL
);
CREATE UNIQUE INDEX lessons_texts ON lessons (fingerprint) WHERE kind = 'text';
