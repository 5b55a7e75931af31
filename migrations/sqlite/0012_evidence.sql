-- What this node has seen the hub say of one place in its journal that cannot both be true: signed words, kept as they came.

CREATE TABLE evidence (
    number      INTEGER PRIMARY KEY,
    found       INTEGER NOT NULL,
    incarnation INTEGER NOT NULL,          -- the place in the hub's journal
    seq         INTEGER NOT NULL,
    said        BLOB    NOT NULL,          -- the hash of the seal that is said to cover it
    here        BLOB,                      -- the hub's seal over it, as it is stored here
    there       BLOB    NOT NULL,          -- what says otherwise
    dismissed   INTEGER,                   -- when somebody looked into it
    UNIQUE (incarnation, seq, said)
) STRICT;
