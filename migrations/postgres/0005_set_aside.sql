-- Own events that the hub does not hold, kept during a recovery until they are issued again in the next life of the journal.

CREATE TABLE set_aside (
    hash        BYTEA  PRIMARY KEY CHECK (length(hash) = 32),
    incarnation BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    header      BYTEA  NOT NULL
);

CREATE TABLE set_aside_parts (
    hash    BYTEA  NOT NULL REFERENCES set_aside (hash) ON DELETE CASCADE,
    part    BIGINT NOT NULL,
    kind    BIGINT NOT NULL,
    salt    BYTEA  NOT NULL CHECK (length(salt) = 32),
    content BYTEA  NOT NULL,
    PRIMARY KEY (hash, part)
);
