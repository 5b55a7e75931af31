-- What this node has seen the hub say of one place in its journal that cannot both be true: signed words, kept as they came.

CREATE TABLE evidence (
    number      BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    found       BIGINT  NOT NULL,
    incarnation BIGINT  NOT NULL,          -- the place in the hub's journal
    seq         BIGINT  NOT NULL,
    said        BYTEA   NOT NULL,          -- the hash of the seal that is said to cover it
    here        BYTEA,                     -- the hub's seal over it, as it is stored here
    there       BYTEA   NOT NULL,          -- what says otherwise
    dismissed   BIGINT,                    -- when somebody looked into it
    UNIQUE (incarnation, seq, said)
);
