-- Complaints that say that they have to do with others, found from either side; and those whose reporter has withdrawn them.

CREATE TABLE links (
    complaint BLOB NOT NULL CHECK (length(complaint) = 16),
    other     BLOB NOT NULL CHECK (length(other) = 16),
    PRIMARY KEY (complaint, other)
) STRICT, WITHOUT ROWID;

CREATE INDEX links_by_other ON links (other, complaint);

ALTER TABLE complaints ADD COLUMN withdrew INTEGER NOT NULL DEFAULT 0 CHECK (withdrew IN (0, 1));
