-- People who work here, their sessions, and what waits for a second person. Names are personal data: no event's header has them.

CREATE TABLE accounts (
    pseudonym BLOB    PRIMARY KEY CHECK (length(pseudonym) = 16),
    login     TEXT    NOT NULL UNIQUE,
    name      TEXT    NOT NULL,
    person    TEXT    NOT NULL,  -- what tells persons apart beyond the name, such as a NIP; empty if nothing does
    role      INTEGER NOT NULL,
    unit      TEXT    NOT NULL,
    password  TEXT    NOT NULL,  -- PHC string
    one_time  INTEGER NOT NULL CHECK (one_time IN (0, 1)),
    created   INTEGER NOT NULL,
    closed    INTEGER,
    failures  INTEGER NOT NULL DEFAULT 0,
    failed    INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    token   BLOB    PRIMARY KEY CHECK (length(token) = 32),  -- its hash
    account BLOB    NOT NULL REFERENCES accounts (pseudonym),
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_account ON sessions (account);

CREATE TABLE approvals (
    id          BLOB    PRIMARY KEY CHECK (length(id) = 8),
    kind        TEXT    NOT NULL,
    subject     BLOB    NOT NULL,
    asker       TEXT    NOT NULL,
    asker_is    TEXT    NOT NULL,
    asked       INTEGER NOT NULL,
    expires     INTEGER NOT NULL,
    approver    TEXT,
    approver_is TEXT,
    used        INTEGER,
    CHECK ((approver IS NULL) = (approver_is IS NULL))
) STRICT, WITHOUT ROWID;
