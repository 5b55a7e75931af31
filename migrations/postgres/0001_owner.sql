-- Whose database this is, and where its own journal ends. Everything lies in the schema `lintas`, which is first in the search path.
-- Incarnations and sequence numbers are signed 64-bit integers, times microseconds since 1970 (UTC), everywhere.

CREATE TABLE owner (
    one        BIGINT PRIMARY KEY CHECK (one = 1),
    federation TEXT COLLATE "C" NOT NULL,
    node       TEXT COLLATE "C" NOT NULL
);

CREATE TABLE own_journal (
    one                 BIGINT PRIMARY KEY CHECK (one = 1),
    written_incarnation BIGINT NOT NULL CHECK (written_incarnation >= 1),
    written_seq         BIGINT NOT NULL CHECK (written_seq >= 0),
    sealed_incarnation  BIGINT NOT NULL CHECK (sealed_incarnation >= 1),
    sealed_seq          BIGINT NOT NULL CHECK (sealed_seq >= 0),
    sealed_hash         BYTEA  NOT NULL CHECK (length(sealed_hash) = 32),
    cited_incarnation   BIGINT NOT NULL CHECK (cited_incarnation >= 0),
    cited_seq           BIGINT NOT NULL CHECK (cited_seq >= 0)
);
