-- Until when the awaited step of a complaint may take, for whoever acts on silence; and whether those above the holder were told.

ALTER TABLE complaints ADD COLUMN due_at INTEGER;
ALTER TABLE complaints ADD COLUMN due_for TEXT;
ALTER TABLE complaints ADD COLUMN overdue INTEGER NOT NULL DEFAULT 0 CHECK (overdue IN (0, 1));

CREATE INDEX complaints_due ON complaints (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX complaints_silent ON complaints (due_at, id)
    WHERE due_at IS NOT NULL AND (overdue = 0 OR state IN ('received', 'returned'));
CREATE INDEX complaints_due_at ON complaints (node, due_at, id) WHERE due_at IS NOT NULL;
