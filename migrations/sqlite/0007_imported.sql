-- Complaints that were filed before, in another system, are marked; and all can be gone through in the order of their filing.

ALTER TABLE complaints ADD COLUMN imported INTEGER NOT NULL DEFAULT 0 CHECK (imported IN (0, 1));

CREATE INDEX complaints_by_filing ON complaints (filed_at, id);
