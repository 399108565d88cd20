-- What ingestion needs to lose nothing and take nothing twice: the journal, sessions, small states, answers to idempotent pushes, marks
-- of followed logs; the quarantine's numbers and bounds. Migrated rows keep what they have.

ALTER TABLE state ADD COLUMN quarantine_last INTEGER NOT NULL DEFAULT 0;    -- number given last, never given again
ALTER TABLE state ADD COLUMN quarantine_records INTEGER NOT NULL DEFAULT 0; -- kept now
ALTER TABLE state ADD COLUMN quarantine_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE state ADD COLUMN quarantine_dropped INTEGER NOT NULL DEFAULT 0; -- left by the bounds, ever
UPDATE state SET quarantine_last = (SELECT coalesce(max(number), 0) FROM quarantine),
                 quarantine_records = (SELECT count(*) FROM quarantine),
                 quarantine_bytes = (SELECT coalesce(sum(length(record)), 0) FROM quarantine),
                 quarantine_dropped = (SELECT coalesce(max(number), 0) - count(*) FROM quarantine); -- none was ever released

ALTER TABLE input ADD COLUMN last_arrival_us INTEGER; -- wall time of the last new record
ALTER TABLE input ADD COLUMN timezone_us INTEGER;     -- of naive stamps, where its source has a setting

CREATE TABLE journal (          -- taken in, and without effect yet
    number INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,      -- 0 an event held until there is a model, 1 + k a row for the late sub-model k
    input INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    id BLOB NOT NULL,
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE session (          -- Cowrie's: a ring of slots
    slot INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE named_state (      -- small states, replaced whole
    name TEXT PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE answer (           -- to pushes with an Idempotency-Key: the last ones
    number INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    body BLOB NOT NULL,         -- hash of what was pushed
    answer BLOB NOT NULL
) STRICT;

CREATE TABLE source_mark (      -- followed logs: what was written before is in the store
    name TEXT PRIMARY KEY,
    complete_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
