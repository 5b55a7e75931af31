-- Where in a trace an event was caused, beside the event and never in what is signed. Few events have one; it goes with content.

CREATE TABLE traces (
    event   INTEGER PRIMARY KEY REFERENCES events (id) ON DELETE CASCADE,
    context BLOB    NOT NULL CHECK (length(context) = 25)
) STRICT;
