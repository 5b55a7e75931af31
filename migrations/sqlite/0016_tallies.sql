-- Statistics that are kept up to date: what each complaint adds to them as it stands, and the sums by cell. A cell is who answers,
-- where it happened, what it is about, what kind, and the month of filing. Moments and times are whole seconds.

CREATE TABLE measures (
    complaint BLOB PRIMARY KEY CHECK (length(complaint) = 16),
    unit      TEXT NOT NULL,
    level     TEXT NOT NULL,  -- what kind of unit
    area      TEXT NOT NULL,
    category  TEXT NOT NULL,
    class     TEXT NOT NULL,
    month     INTEGER NOT NULL,  -- as in 202611
    figures   BLOB NOT NULL  -- those that are not zero
) STRICT, WITHOUT ROWID;

CREATE TABLE tallies (
    unit      TEXT NOT NULL,
    level     TEXT NOT NULL,  -- what kind of unit
    area      TEXT NOT NULL,
    category  TEXT NOT NULL,
    class     TEXT NOT NULL,
    month     INTEGER NOT NULL,  -- as in 202611
    complaints INTEGER NOT NULL DEFAULT 0,
    now_new INTEGER NOT NULL DEFAULT 0, now_undisposed INTEGER NOT NULL DEFAULT 0, now_disposed INTEGER NOT NULL DEFAULT 0,
    now_in_progress INTEGER NOT NULL DEFAULT 0, now_received INTEGER NOT NULL DEFAULT 0, now_returned INTEGER NOT NULL DEFAULT 0,
    now_deferred INTEGER NOT NULL DEFAULT 0, now_awaiting INTEGER NOT NULL DEFAULT 0, now_closed INTEGER NOT NULL DEFAULT 0,
    now_archived INTEGER NOT NULL DEFAULT 0,
    since_new INTEGER NOT NULL DEFAULT 0, since_undisposed INTEGER NOT NULL DEFAULT 0, since_disposed INTEGER NOT NULL DEFAULT 0,
    since_in_progress INTEGER NOT NULL DEFAULT 0, since_received INTEGER NOT NULL DEFAULT 0,
    since_returned INTEGER NOT NULL DEFAULT 0, since_deferred INTEGER NOT NULL DEFAULT 0,
    since_awaiting INTEGER NOT NULL DEFAULT 0, since_closed INTEGER NOT NULL DEFAULT 0,
    since_archived INTEGER NOT NULL DEFAULT 0,
    spent_new INTEGER NOT NULL DEFAULT 0, spent_undisposed INTEGER NOT NULL DEFAULT 0, spent_disposed INTEGER NOT NULL DEFAULT 0,
    spent_in_progress INTEGER NOT NULL DEFAULT 0, spent_received INTEGER NOT NULL DEFAULT 0,
    spent_returned INTEGER NOT NULL DEFAULT 0, spent_deferred INTEGER NOT NULL DEFAULT 0,
    spent_awaiting INTEGER NOT NULL DEFAULT 0, spent_closed INTEGER NOT NULL DEFAULT 0,
    spent_archived INTEGER NOT NULL DEFAULT 0,
    ever_new INTEGER NOT NULL DEFAULT 0, ever_undisposed INTEGER NOT NULL DEFAULT 0, ever_disposed INTEGER NOT NULL DEFAULT 0,
    ever_in_progress INTEGER NOT NULL DEFAULT 0, ever_received INTEGER NOT NULL DEFAULT 0,
    ever_returned INTEGER NOT NULL DEFAULT 0, ever_deferred INTEGER NOT NULL DEFAULT 0, ever_awaiting INTEGER NOT NULL DEFAULT 0,
    ever_closed INTEGER NOT NULL DEFAULT 0, ever_archived INTEGER NOT NULL DEFAULT 0,
    hand_overs INTEGER NOT NULL DEFAULT 0, returns INTEGER NOT NULL DEFAULT 0, ping_pong INTEGER NOT NULL DEFAULT 0,
    disputes INTEGER NOT NULL DEFAULT 0, climbs INTEGER NOT NULL DEFAULT 0, late_answers INTEGER NOT NULL DEFAULT 0,
    reopened INTEGER NOT NULL DEFAULT 0, appealed INTEGER NOT NULL DEFAULT 0, withdrew INTEGER NOT NULL DEFAULT 0,
    stars_1 INTEGER NOT NULL DEFAULT 0, stars_2 INTEGER NOT NULL DEFAULT 0, stars_3 INTEGER NOT NULL DEFAULT 0,
    stars_4 INTEGER NOT NULL DEFAULT 0, stars_5 INTEGER NOT NULL DEFAULT 0,
    archived_competent INTEGER NOT NULL DEFAULT 0, archived_not_my_authority INTEGER NOT NULL DEFAULT 0,
    archived_incomplete INTEGER NOT NULL DEFAULT 0, archived_format_error INTEGER NOT NULL DEFAULT 0,
    archived_too_general INTEGER NOT NULL DEFAULT 0, archived_unrelated INTEGER NOT NULL DEFAULT 0,
    archived_duplicate INTEGER NOT NULL DEFAULT 0, archived_wrong_category INTEGER NOT NULL DEFAULT 0,
    archived_other INTEGER NOT NULL DEFAULT 0, archived_withdrawn INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (unit, area, category, class, month)
) STRICT, WITHOUT ROWID;

CREATE INDEX tallies_by_area ON tallies (area);
CREATE INDEX tallies_by_category ON tallies (category);
CREATE INDEX tallies_by_month ON tallies (month);
CREATE INDEX tallies_empty ON tallies (complaints) WHERE complaints = 0;

-- Complaints of before, which are still to be counted: done when the database is opened, before statistics are told.
CREATE TABLE untallied (
    complaint BLOB PRIMARY KEY CHECK (length(complaint) = 16)
) STRICT, WITHOUT ROWID;

INSERT INTO untallied SELECT id FROM complaints;
