-- With whom events are exchanged, and what is still to be delivered. Outbox rows are pointers, never content.

CREATE TABLE peers (
    node                  TEXT    PRIMARY KEY,
    session               INTEGER NOT NULL DEFAULT 0,  -- unsigned, stored bit for bit
    stored_incarnation    INTEGER NOT NULL DEFAULT 0,
    stored_seq            INTEGER NOT NULL DEFAULT 0,
    stored_hash           BLOB    NOT NULL DEFAULT (zeroblob(32)) CHECK (length(stored_hash) = 32),
    cited_incarnation     INTEGER NOT NULL DEFAULT 0,
    cited_seq             INTEGER NOT NULL DEFAULT 0,
    announced_incarnation INTEGER NOT NULL DEFAULT 0,
    announced_seq         INTEGER NOT NULL DEFAULT 0,
    generation            INTEGER NOT NULL DEFAULT 1,
    numbered              INTEGER NOT NULL DEFAULT 0,
    delivered             INTEGER NOT NULL DEFAULT 0,
    resync                INTEGER NOT NULL DEFAULT 0 CHECK (resync IN (0, 1)),
    inbound_generation    INTEGER NOT NULL DEFAULT 0,
    inbound_number        INTEGER NOT NULL DEFAULT 0,
    judged_incarnation    INTEGER NOT NULL DEFAULT 0,
    judged_seq            INTEGER NOT NULL DEFAULT 0,
    receipt               BLOB,
    receipt_signature     BLOB    CHECK (length(receipt_signature) = 64),
    contact               INTEGER,
    fault                 TEXT,
    CHECK (delivered <= numbered),
    CHECK ((receipt IS NULL) = (receipt_signature IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    destination TEXT    NOT NULL REFERENCES peers (node),
    generation  INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    event       INTEGER NOT NULL REFERENCES events (id),
    PRIMARY KEY (destination, generation, number)
) STRICT, WITHOUT ROWID;
