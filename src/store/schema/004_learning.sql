-- Learning while running: rows to learn from, the models that were in force and what they were learnt from, drift of p-values.

CREATE TABLE learnt_row (       -- reservoirs, by slot; slots beyond what the state "learner" says are left over
    slot INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE model_history (    -- the ledger
    number INTEGER PRIMARY KEY,
    digest BLOB NOT NULL,
    parent BLOB,
    sequence INTEGER NOT NULL,  -- of the first event that it scored
    clock_us INTEGER,           -- source clock then
    reason TEXT NOT NULL,
    rows INTEGER NOT NULL,      -- it was learnt from
    reference INTEGER NOT NULL, -- 1: the frozen first model from here on
    ledger TEXT NOT NULL,       -- JSON: rows by kind and source
    bytes BLOB                  -- NULL: not kept any more
) STRICT;

CREATE TABLE drift (            -- p-values by hour of the source clock
    hour_us INTEGER NOT NULL,
    kind TEXT NOT NULL,
    events INTEGER NOT NULL,
    bins BLOB NOT NULL,         -- 20 numbers of 4 bytes, little endian
    checks INTEGER NOT NULL,
    marks INTEGER NOT NULL,
    distance REAL NOT NULL,
    significance REAL NOT NULL,
    PRIMARY KEY (hour_us, kind)
) STRICT, WITHOUT ROWID;
