-- Complaints that say that they have to do with others, found from either side; and those whose reporter has withdrawn them.

CREATE TABLE links (
    complaint BYTEA NOT NULL CHECK (length(complaint) = 16),
    other     BYTEA NOT NULL CHECK (length(other) = 16),
    PRIMARY KEY (complaint, other)
);

CREATE INDEX links_by_other ON links (other, complaint);

ALTER TABLE complaints ADD COLUMN withdrew BOOLEAN NOT NULL DEFAULT FALSE;
