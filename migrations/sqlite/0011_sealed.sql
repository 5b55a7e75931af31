-- Content stands in one of three forms: as it was written (0), sealed by its author (1), locked by this store (2). Where it is
-- not as it was written, its salt lies within it, and the column holds zeros.

ALTER TABLE parts ADD COLUMN form INTEGER NOT NULL DEFAULT 0 CHECK (form IN (0, 1, 2));

ALTER TABLE set_aside_parts ADD COLUMN form INTEGER NOT NULL DEFAULT 0 CHECK (form IN (0, 1, 2));
