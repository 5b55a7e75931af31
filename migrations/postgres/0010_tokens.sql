-- Joining tokens that the hub has issued: hashes only, so that whoever reads the database can join with none of them.

CREATE TABLE tokens (
    id         BYTEA   PRIMARY KEY CHECK (length(id) = 16),
    secret     BYTEA   NOT NULL CHECK (length(secret) = 32),  -- a hash
    node       TEXT    COLLATE "C" NOT NULL,
    name       TEXT    NOT NULL,
    issued     BIGINT  NOT NULL,
    expires    BIGINT  NOT NULL,
    withdrawn  BIGINT,
    redeemed   BIGINT,
    keys       BYTEA   CHECK (length(keys) = 32),             -- a hash of the three keys that it was redeemed for
    CHECK ((redeemed IS NULL) = (keys IS NULL))
);
