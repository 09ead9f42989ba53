-- What components of a proxy know over a restart, see store.Notebook.
CREATE TABLE notes (
  name text PRIMARY KEY,
  text text NOT NULL
);
