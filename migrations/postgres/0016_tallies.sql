-- Statistics that are kept up to date: what each complaint adds to them as it stands, and the sums by cell. A cell is who answers,
-- where it happened, what it is about, what kind, and the month of filing. Moments and times are whole seconds.

CREATE TABLE measures (
    complaint BYTEA PRIMARY KEY CHECK (length(complaint) = 16),
    unit      TEXT COLLATE "C" NOT NULL,
    level     TEXT COLLATE "C" NOT NULL,  -- what kind of unit
    area      TEXT COLLATE "C" NOT NULL,
    category  TEXT COLLATE "C" NOT NULL,
    class     TEXT COLLATE "C" NOT NULL,
    month     BIGINT NOT NULL,  -- as in 202611
    figures   BYTEA NOT NULL  -- those that are not zero
);

CREATE TABLE tallies (
    unit      TEXT COLLATE "C" NOT NULL,
    level     TEXT COLLATE "C" NOT NULL,  -- what kind of unit
    area      TEXT COLLATE "C" NOT NULL,
    category  TEXT COLLATE "C" NOT NULL,
    class     TEXT COLLATE "C" NOT NULL,
    month     BIGINT NOT NULL,  -- as in 202611
    complaints BIGINT NOT NULL DEFAULT 0,
    now_new BIGINT NOT NULL DEFAULT 0, now_undisposed BIGINT NOT NULL DEFAULT 0, now_disposed BIGINT NOT NULL DEFAULT 0,
    now_in_progress BIGINT NOT NULL DEFAULT 0, now_received BIGINT NOT NULL DEFAULT 0, now_returned BIGINT NOT NULL DEFAULT 0,
    now_deferred BIGINT NOT NULL DEFAULT 0, now_awaiting BIGINT NOT NULL DEFAULT 0, now_closed BIGINT NOT NULL DEFAULT 0,
    now_archived BIGINT NOT NULL DEFAULT 0,
    since_new BIGINT NOT NULL DEFAULT 0, since_undisposed BIGINT NOT NULL DEFAULT 0, since_disposed BIGINT NOT NULL DEFAULT 0,
    since_in_progress BIGINT NOT NULL DEFAULT 0, since_received BIGINT NOT NULL DEFAULT 0,
    since_returned BIGINT NOT NULL DEFAULT 0, since_deferred BIGINT NOT NULL DEFAULT 0, since_awaiting BIGINT NOT NULL DEFAULT 0,
    since_closed BIGINT NOT NULL DEFAULT 0, since_archived BIGINT NOT NULL DEFAULT 0,
    spent_new BIGINT NOT NULL DEFAULT 0, spent_undisposed BIGINT NOT NULL DEFAULT 0, spent_disposed BIGINT NOT NULL DEFAULT 0,
    spent_in_progress BIGINT NOT NULL DEFAULT 0, spent_received BIGINT NOT NULL DEFAULT 0,
    spent_returned BIGINT NOT NULL DEFAULT 0, spent_deferred BIGINT NOT NULL DEFAULT 0, spent_awaiting BIGINT NOT NULL DEFAULT 0,
    spent_closed BIGINT NOT NULL DEFAULT 0, spent_archived BIGINT NOT NULL DEFAULT 0,
    ever_new BIGINT NOT NULL DEFAULT 0, ever_undisposed BIGINT NOT NULL DEFAULT 0, ever_disposed BIGINT NOT NULL DEFAULT 0,
    ever_in_progress BIGINT NOT NULL DEFAULT 0, ever_received BIGINT NOT NULL DEFAULT 0, ever_returned BIGINT NOT NULL DEFAULT 0,
    ever_deferred BIGINT NOT NULL DEFAULT 0, ever_awaiting BIGINT NOT NULL DEFAULT 0, ever_closed BIGINT NOT NULL DEFAULT 0,
    ever_archived BIGINT NOT NULL DEFAULT 0,
    hand_overs BIGINT NOT NULL DEFAULT 0, returns BIGINT NOT NULL DEFAULT 0, ping_pong BIGINT NOT NULL DEFAULT 0,
    disputes BIGINT NOT NULL DEFAULT 0, climbs BIGINT NOT NULL DEFAULT 0, late_answers BIGINT NOT NULL DEFAULT 0,
    reopened BIGINT NOT NULL DEFAULT 0, appealed BIGINT NOT NULL DEFAULT 0, withdrew BIGINT NOT NULL DEFAULT 0,
    stars_1 BIGINT NOT NULL DEFAULT 0, stars_2 BIGINT NOT NULL DEFAULT 0, stars_3 BIGINT NOT NULL DEFAULT 0,
    stars_4 BIGINT NOT NULL DEFAULT 0, stars_5 BIGINT NOT NULL DEFAULT 0,
    archived_competent BIGINT NOT NULL DEFAULT 0, archived_not_my_authority BIGINT NOT NULL DEFAULT 0,
    archived_incomplete BIGINT NOT NULL DEFAULT 0, archived_format_error BIGINT NOT NULL DEFAULT 0,
    archived_too_general BIGINT NOT NULL DEFAULT 0, archived_unrelated BIGINT NOT NULL DEFAULT 0,
    archived_duplicate BIGINT NOT NULL DEFAULT 0, archived_wrong_category BIGINT NOT NULL DEFAULT 0,
    archived_other BIGINT NOT NULL DEFAULT 0, archived_withdrawn BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (unit, area, category, class, month)
);

CREATE INDEX tallies_by_area ON tallies (area);
CREATE INDEX tallies_by_category ON tallies (category);
CREATE INDEX tallies_by_month ON tallies (month);
CREATE INDEX tallies_empty ON tallies (complaints) WHERE complaints = 0;

-- Complaints of before, which are still to be counted: done when the database is opened, before statistics are told.
CREATE TABLE untallied (
    complaint BYTEA PRIMARY KEY CHECK (length(complaint) = 16)
);

INSERT INTO untallied SELECT id FROM complaints;
