-- Joining tokens that the hub has issued: hashes only, so that whoever reads the database can join with none of them.

CREATE TABLE tokens (
    id         BLOB    PRIMARY KEY CHECK (length(id) = 16),
    secret     BLOB    NOT NULL CHECK (length(secret) = 32),  -- a hash
    node       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    issued     INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    withdrawn  INTEGER,
    redeemed   INTEGER,
    keys       BLOB    CHECK (length(keys) = 32),             -- a hash of the three keys that it was redeemed for
    CHECK ((redeemed IS NULL) = (keys IS NULL))
) STRICT, WITHOUT ROWID;
