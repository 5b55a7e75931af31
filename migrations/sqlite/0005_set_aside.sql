-- Own events that the hub does not hold, kept during a recovery until they are issued again in the next life of the journal.

CREATE TABLE set_aside (
    hash        BLOB    PRIMARY KEY CHECK (length(hash) = 32),
    incarnation INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    header      BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE set_aside_parts (
    hash    BLOB    NOT NULL REFERENCES set_aside (hash) ON DELETE CASCADE,
    part    INTEGER NOT NULL,
    kind    INTEGER NOT NULL,
    salt    BLOB    NOT NULL CHECK (length(salt) = 32),
    content BLOB    NOT NULL,
    PRIMARY KEY (hash, part)
) STRICT;
