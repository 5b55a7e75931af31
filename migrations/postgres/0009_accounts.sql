-- People who work here, their sessions, and what waits for a second person. Names are personal data: no event's header has them.

CREATE TABLE accounts (
    pseudonym BYTEA   PRIMARY KEY CHECK (length(pseudonym) = 16),
    login     TEXT    NOT NULL UNIQUE,
    name      TEXT    NOT NULL,
    person    TEXT    NOT NULL,  -- what tells persons apart beyond the name, such as a NIP; empty if nothing does
    role      BIGINT  NOT NULL,
    unit      TEXT    NOT NULL,
    password  TEXT    NOT NULL,  -- PHC string
    one_time  BOOLEAN NOT NULL,
    created   BIGINT  NOT NULL,
    closed    BIGINT,
    failures  BIGINT  NOT NULL DEFAULT 0,
    failed    BIGINT
);

CREATE TABLE sessions (
    token   BYTEA   PRIMARY KEY CHECK (length(token) = 32),  -- its hash
    account BYTEA   NOT NULL REFERENCES accounts (pseudonym),
    created BIGINT  NOT NULL,
    expires BIGINT  NOT NULL
);

CREATE INDEX sessions_by_account ON sessions (account);

CREATE TABLE approvals (
    id          BYTEA   PRIMARY KEY CHECK (length(id) = 8),
    kind        TEXT    NOT NULL,
    subject     BYTEA   NOT NULL,
    asker       TEXT    NOT NULL,
    asker_is    TEXT    NOT NULL,
    asked       BIGINT  NOT NULL,
    expires     BIGINT  NOT NULL,
    approver    TEXT,
    approver_is TEXT,
    used        BIGINT,
    CHECK ((approver IS NULL) = (approver_is IS NULL))
);
