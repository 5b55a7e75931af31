-- What reporters are to be told, and have been: references only, no content and nobody's address.

CREATE TABLE notices (
    id         BLOB    PRIMARY KEY CHECK (length(id) = 16),
    complaint  BLOB    NOT NULL,
    event      BLOB    NOT NULL,
    step       TEXT    NOT NULL,
    recipient  TEXT    NOT NULL,           -- reporter, or webhook:NAME
    at         INTEGER NOT NULL,           -- the event's own time
    state      TEXT    NOT NULL,           -- waiting, sent, moot, dead
    attempts   INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,           -- not to be sent before
    fault      TEXT,                       -- why it is not sent, or not yet
    UNIQUE (event, recipient)
) STRICT;

CREATE INDEX notices_by_turn ON notices (state, recipient, next_at);
CREATE INDEX notices_by_age ON notices (at);
