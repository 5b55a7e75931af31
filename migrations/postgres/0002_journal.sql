-- Copies of journals: headers as they were written, detachable content apart from them, seals.

CREATE TABLE events (
    id          BIGINT  PRIMARY KEY,  -- the order in which events were stored
    hash        BYTEA   NOT NULL UNIQUE CHECK (length(hash) = 32),
    origin      TEXT    COLLATE "C" NOT NULL,
    incarnation BIGINT  NOT NULL CHECK (incarnation >= 1),
    seq         BIGINT  NOT NULL CHECK (seq >= 1),
    header      BYTEA   NOT NULL,
    complaint   BYTEA   CHECK (length(complaint) = 16),
    registry    BOOLEAN NOT NULL,
    change      TEXT    COLLATE "C" NOT NULL,
    ends        BYTEA   UNIQUE CHECK (length(ends) = 32),  -- the opener whose epoch it ends
    seal_last   BIGINT,               -- its proof: seal, leaf, and path of 32-byte hashes
    leaf        BIGINT,
    path        BYTEA   CHECK (length(path) % 32 = 0),
    verdict     BIGINT  NOT NULL,
    reason      BIGINT  NOT NULL,
    UNIQUE (origin, incarnation, seq),
    CHECK ((seal_last IS NULL) = (leaf IS NULL) AND (seal_last IS NULL) = (path IS NULL)),
    CHECK ((NOT registry AND ends IS NULL) OR origin = 'hub')
);

-- Headers and paths are hashes and short numbers: no time is spent on compressing them.
ALTER TABLE events ALTER COLUMN header SET STORAGE EXTERNAL, ALTER COLUMN path SET STORAGE EXTERNAL;

CREATE INDEX events_by_complaint ON events (complaint) WHERE complaint IS NOT NULL;
CREATE INDEX events_of_registry ON events (incarnation, seq) WHERE registry;
CREATE INDEX events_provisional ON events (origin) WHERE verdict = 0;
CREATE INDEX events_not_applied ON events (origin, incarnation, seq) WHERE verdict > 1;
CREATE INDEX events_held ON events (complaint) WHERE verdict = 5;

CREATE TABLE parts (
    event   BIGINT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    part    BIGINT NOT NULL,  -- which of the header's part references binds it
    kind    BIGINT NOT NULL,
    salt    BYTEA  NOT NULL CHECK (length(salt) = 32),
    content BYTEA  NOT NULL,
    PRIMARY KEY (event, part)
);

CREATE TABLE seals (
    origin      TEXT   COLLATE "C" NOT NULL,
    incarnation BIGINT NOT NULL CHECK (incarnation >= 1),
    first       BIGINT NOT NULL CHECK (first >= 1),
    last        BIGINT NOT NULL CHECK (last >= first),
    body        BYTEA  NOT NULL,
    signature   BYTEA  NOT NULL CHECK (length(signature) = 64),
    hash        BYTEA  NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (origin, incarnation, last),
    UNIQUE (origin, incarnation, first)
);
