-- Copies of journals: headers as they were written, detachable content apart from them, seals.

CREATE TABLE events (
    id          INTEGER PRIMARY KEY,  -- the order in which events were stored
    hash        BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    origin      TEXT    NOT NULL,
    incarnation INTEGER NOT NULL CHECK (incarnation >= 1),
    seq         INTEGER NOT NULL CHECK (seq >= 1),
    header      BLOB    NOT NULL,
    complaint   BLOB    CHECK (length(complaint) = 16),
    registry    INTEGER NOT NULL CHECK (registry IN (0, 1)),
    change      TEXT    NOT NULL,
    ends        BLOB    UNIQUE CHECK (length(ends) = 32),  -- the opener whose epoch it ends
    seal_last   INTEGER,              -- its proof: seal, leaf, and path of 32-byte hashes
    leaf        INTEGER,
    path        BLOB    CHECK (length(path) % 32 = 0),
    verdict     INTEGER NOT NULL,
    reason      INTEGER NOT NULL,
    UNIQUE (origin, incarnation, seq),
    CHECK ((seal_last IS NULL) = (leaf IS NULL) AND (seal_last IS NULL) = (path IS NULL)),
    CHECK ((registry = 0 AND ends IS NULL) OR origin = 'hub')
) STRICT;

CREATE INDEX events_by_complaint ON events (complaint) WHERE complaint IS NOT NULL;
CREATE INDEX events_of_registry ON events (incarnation, seq) WHERE registry = 1;
CREATE INDEX events_provisional ON events (origin) WHERE verdict = 0;
CREATE INDEX events_not_applied ON events (origin, incarnation, seq) WHERE verdict > 1;
CREATE INDEX events_held ON events (complaint) WHERE verdict = 5;

CREATE TABLE parts (
    event   INTEGER NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    part    INTEGER NOT NULL,  -- which of the header's part references binds it
    kind    INTEGER NOT NULL,
    salt    BLOB    NOT NULL CHECK (length(salt) = 32),
    content BLOB    NOT NULL,
    PRIMARY KEY (event, part)
) STRICT;

CREATE TABLE seals (
    origin      TEXT    NOT NULL,
    incarnation INTEGER NOT NULL CHECK (incarnation >= 1),
    first       INTEGER NOT NULL CHECK (first >= 1),
    last        INTEGER NOT NULL CHECK (last >= first),
    body        BLOB    NOT NULL,
    signature   BLOB    NOT NULL CHECK (length(signature) = 64),
    hash        BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (origin, incarnation, last),
    UNIQUE (origin, incarnation, first)
) STRICT, WITHOUT ROWID;
