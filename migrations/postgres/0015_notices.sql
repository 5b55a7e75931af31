-- What reporters are to be told, and have been: references only, no content and nobody's address.

CREATE TABLE notices (
    id         BYTEA   PRIMARY KEY CHECK (length(id) = 16),
    complaint  BYTEA   NOT NULL,
    event      BYTEA   NOT NULL,
    step       TEXT    COLLATE "C" NOT NULL,
    recipient  TEXT    COLLATE "C" NOT NULL,  -- reporter, or webhook:NAME
    at         BIGINT  NOT NULL,           -- the event's own time
    state      TEXT    COLLATE "C" NOT NULL,  -- waiting, sent, moot, dead
    attempts   BIGINT  NOT NULL,
    next_at    BIGINT  NOT NULL,           -- not to be sent before
    fault      TEXT    COLLATE "C",        -- why it is not sent, or not yet
    UNIQUE (event, recipient)
);

CREATE INDEX notices_by_turn ON notices (state, recipient, next_at);
CREATE INDEX notices_by_age ON notices (at);
