-- What was recorded and is not yet in the tables, a row for each commit.
CREATE TABLE journal (
  id        INTEGER PRIMARY KEY,
  additions BLOB NOT NULL -- see store.EncodeAdditions
) STRICT;
