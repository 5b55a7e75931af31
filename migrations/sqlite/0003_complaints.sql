-- Complaints as lists show them: projections of the fold, replaced whole whenever it changes.

CREATE TABLE complaints (
    number     INTEGER PRIMARY KEY,  -- the order in which they became known
    id         BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    tracking   INTEGER NOT NULL,
    origin     TEXT    NOT NULL,
    class      INTEGER NOT NULL,
    category   TEXT    NOT NULL,
    visibility INTEGER NOT NULL,
    unit       TEXT    NOT NULL,
    node       TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    epoch      INTEGER NOT NULL,
    pending    BLOB    CHECK (length(pending) = 32),
    held       INTEGER NOT NULL CHECK (held IN (0, 1)),
    late       INTEGER NOT NULL,
    filed_at   INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX complaints_by_tracking ON complaints (tracking);
CREATE INDEX complaints_by_change ON complaints (updated_at DESC, id);
CREATE INDEX complaints_by_unit ON complaints (unit);
CREATE INDEX complaints_by_node ON complaints (node, updated_at DESC, id);
CREATE INDEX complaints_by_origin ON complaints (origin, updated_at DESC, id);
CREATE INDEX complaints_pending ON complaints (node, id) WHERE pending IS NOT NULL;
CREATE INDEX complaints_late ON complaints (updated_at DESC, id) WHERE late > 0;

CREATE TABLE participants (
    complaint BLOB NOT NULL CHECK (length(complaint) = 16),
    node      TEXT NOT NULL,
    PRIMARY KEY (complaint, node)
) STRICT, WITHOUT ROWID;

CREATE INDEX participants_by_node ON participants (node, complaint);

-- Up to where its holder's journal must be stored before a complaint's proposal is decided.
CREATE TABLE announced (
    complaint   BLOB    PRIMARY KEY CHECK (length(complaint) = 16),
    incarnation INTEGER NOT NULL,
    seq         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
