-- Where in a trace an event was caused, beside the event and never in what is signed. Few events have one; it goes with content.

CREATE TABLE traces (
    event   BIGINT PRIMARY KEY REFERENCES events (id) ON DELETE CASCADE,
    context BYTEA  NOT NULL CHECK (length(context) = 25)
);
