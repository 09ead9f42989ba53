-- What mails mean, see store.Meaning, and how things stand, see store.Standing.
ALTER TABLE variants ADD COLUMN status text NOT NULL DEFAULT '';
ALTER TABLE variants ADD COLUMN severity text NOT NULL DEFAULT '';
ALTER TABLE variants ADD COLUMN source text NOT NULL DEFAULT '';
ALTER TABLE variants ADD COLUMN sender text NOT NULL DEFAULT '';
ALTER TABLE variants ADD COLUMN object text NOT NULL DEFAULT '';
CREATE TABLE standings (
  source   text   NOT NULL,
  sender   text   NOT NULL,
  object   text   NOT NULL,
  since_at bigint NOT NULL,
  bad_at   bigint NOT NULL,
  good_at  bigint, -- NULL for never
  count    bigint NOT NULL,
  PRIMARY KEY (source, sender, object)
);
