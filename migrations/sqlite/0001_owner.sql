-- Whose database this is, and where its own journal ends.
-- Incarnations and sequence numbers are signed 64-bit integers, times microseconds since 1970 (UTC), everywhere.

PRAGMA application_id = 0x4c6e7473; -- "Lnts"

CREATE TABLE owner (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    federation TEXT NOT NULL,
    node       TEXT NOT NULL
) STRICT;

CREATE TABLE own_journal (
    one                 INTEGER PRIMARY KEY CHECK (one = 1),
    written_incarnation INTEGER NOT NULL CHECK (written_incarnation >= 1),
    written_seq         INTEGER NOT NULL CHECK (written_seq >= 0),
    sealed_incarnation  INTEGER NOT NULL CHECK (sealed_incarnation >= 1),
    sealed_seq          INTEGER NOT NULL CHECK (sealed_seq >= 0),
    sealed_hash         BLOB    NOT NULL CHECK (length(sealed_hash) = 32),
    cited_incarnation   INTEGER NOT NULL CHECK (cited_incarnation >= 0),
    cited_seq           INTEGER NOT NULL CHECK (cited_seq >= 0)
) STRICT;
