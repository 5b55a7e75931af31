-- With whom events are exchanged, and what is still to be delivered. Outbox rows are pointers, never content.

CREATE TABLE peers (
    node                  TEXT    COLLATE "C" PRIMARY KEY,
    session               BIGINT  NOT NULL DEFAULT 0,  -- unsigned, stored bit for bit
    stored_incarnation    BIGINT  NOT NULL DEFAULT 0,
    stored_seq            BIGINT  NOT NULL DEFAULT 0,
    stored_hash           BYTEA   NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (length(stored_hash) = 32),
    cited_incarnation     BIGINT  NOT NULL DEFAULT 0,
    cited_seq             BIGINT  NOT NULL DEFAULT 0,
    announced_incarnation BIGINT  NOT NULL DEFAULT 0,
    announced_seq         BIGINT  NOT NULL DEFAULT 0,
    generation            BIGINT  NOT NULL DEFAULT 1,
    numbered              BIGINT  NOT NULL DEFAULT 0,
    delivered             BIGINT  NOT NULL DEFAULT 0,
    resync                BOOLEAN NOT NULL DEFAULT FALSE,
    inbound_generation    BIGINT  NOT NULL DEFAULT 0,
    inbound_number        BIGINT  NOT NULL DEFAULT 0,
    judged_incarnation    BIGINT  NOT NULL DEFAULT 0,
    judged_seq            BIGINT  NOT NULL DEFAULT 0,
    receipt               BYTEA,
    receipt_signature     BYTEA   CHECK (length(receipt_signature) = 64),
    contact               BIGINT,
    fault                 TEXT,
    CHECK (delivered <= numbered),
    CHECK ((receipt IS NULL) = (receipt_signature IS NULL))
);

CREATE TABLE outbox (
    destination TEXT   COLLATE "C" NOT NULL REFERENCES peers (node),
    generation  BIGINT NOT NULL,
    number      BIGINT NOT NULL,
    event       BIGINT NOT NULL REFERENCES events (id),
    PRIMARY KEY (destination, generation, number)
);
