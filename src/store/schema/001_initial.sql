-- The first schema. Times are microseconds since the epoch, minutes and hours whole ones since the epoch; identifiers are 16 bytes,
-- addresses 16 bytes (IPv4 mapped). Numbers of datasets, labels, attack types, directions and payload forms are those of the
-- enumerations in src/core: append only.

CREATE TABLE state (            -- one row
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sequence INTEGER NOT NULL,  -- of the last event committed
    clock_us INTEGER,
    ring_events INTEGER NOT NULL,
    ring_dropped_us INTEGER     -- greatest time of an event that the ring dropped
) STRICT;
INSERT INTO state VALUES (1, 0, NULL, 0, NULL);

CREATE TABLE event (            -- anomalous events and all honeypot records: append only, no secondary index
    sequence INTEGER PRIMARY KEY,
    time_us INTEGER NOT NULL,
    id BLOB NOT NULL,
    input INTEGER NOT NULL,
    dataset INTEGER NOT NULL,
    label INTEGER NOT NULL,
    attack_type INTEGER NOT NULL,
    source_ip BLOB,
    destination_ip BLOB,
    destination_port INTEGER,
    protocol TEXT,
    application_protocol TEXT,
    kind TEXT,
    session TEXT,
    anomalous_by INTEGER NOT NULL, -- bits: 1 label, 2 score
    alert BLOB,
    score REAL NOT NULL,
    severity INTEGER NOT NULL,
    detail BLOB NOT NULL,          -- the other fields and the score's: see sto_event.c
    payload BLOB,
    record BLOB
) STRICT;

CREATE TABLE recent (           -- the others: a ring
    sequence INTEGER PRIMARY KEY,
    time_us INTEGER NOT NULL,
    id BLOB NOT NULL,
    input INTEGER NOT NULL,
    dataset INTEGER NOT NULL,
    label INTEGER NOT NULL,
    attack_type INTEGER NOT NULL,
    source_ip BLOB,
    destination_ip BLOB,
    destination_port INTEGER,
    protocol TEXT,
    application_protocol TEXT,
    kind TEXT,
    session TEXT,
    anomalous_by INTEGER NOT NULL,
    alert BLOB,
    score REAL NOT NULL,
    severity INTEGER NOT NULL,
    detail BLOB NOT NULL,
    payload BLOB,
    record BLOB
) STRICT;

CREATE TABLE span (             -- runs of sequences and the times in them: narrows scans of the two
    first_sequence INTEGER PRIMARY KEY,
    last_sequence INTEGER NOT NULL,
    min_us INTEGER NOT NULL,
    max_us INTEGER NOT NULL
) STRICT;

CREATE TABLE rollup (
    dim INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    key TEXT NOT NULL,
    events INTEGER NOT NULL,
    by_label INTEGER NOT NULL,
    by_score INTEGER NOT NULL,
    by_both INTEGER NOT NULL,
    high INTEGER NOT NULL,
    medium INTEGER NOT NULL,
    low INTEGER NOT NULL,
    scored INTEGER NOT NULL,
    score_sum INTEGER NOT NULL,
    anomalous_scored INTEGER NOT NULL,
    anomalous_score_sum INTEGER NOT NULL,
    score_max INTEGER NOT NULL,
    PRIMARY KEY (dim, minute, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE rollup_hour (      -- the same by hour, for long ranges
    dim INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    key TEXT NOT NULL,
    events INTEGER NOT NULL,
    by_label INTEGER NOT NULL,
    by_score INTEGER NOT NULL,
    by_both INTEGER NOT NULL,
    high INTEGER NOT NULL,
    medium INTEGER NOT NULL,
    low INTEGER NOT NULL,
    scored INTEGER NOT NULL,
    score_sum INTEGER NOT NULL,
    anomalous_scored INTEGER NOT NULL,
    anomalous_score_sum INTEGER NOT NULL,
    score_max INTEGER NOT NULL,
    PRIMARY KEY (dim, hour, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE attackers (        -- a set of addresses, or a sketch of it: see attackers.h
    minute INTEGER PRIMARY KEY,
    addresses BLOB NOT NULL
) STRICT;

CREATE TABLE attackers_hour (
    hour INTEGER PRIMARY KEY,
    addresses BLOB NOT NULL
) STRICT;

CREATE TABLE alert (
    first_sequence INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    first_us INTEGER NOT NULL,
    last_us INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL,
    count INTEGER NOT NULL,
    by_label INTEGER NOT NULL,
    by_score INTEGER NOT NULL,
    by_both INTEGER NOT NULL,
    severity INTEGER NOT NULL,  -- of the top event, as all below
    score REAL NOT NULL,
    event_id BLOB NOT NULL,
    event_sequence INTEGER NOT NULL,
    missing INTEGER NOT NULL,
    dataset INTEGER NOT NULL,
    attack_type INTEGER NOT NULL,
    source_ip BLOB NOT NULL,
    source_port INTEGER NOT NULL,
    destination_ip BLOB NOT NULL,
    destination_port INTEGER NOT NULL,
    protocol TEXT NOT NULL,
    application_protocol TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason_key TEXT NOT NULL,
    score_detail BLOB NOT NULL,
    geo_state INTEGER NOT NULL,
    country TEXT NOT NULL,
    latitude REAL,
    longitude REAL,
    city TEXT NOT NULL
) STRICT;
CREATE INDEX alert_time ON alert (last_us, first_us, severity, score, id); -- all that counting and ordering need

CREATE TABLE input (
    identity BLOB PRIMARY KEY,
    input INTEGER NOT NULL,     -- event.input
    name TEXT NOT NULL,
    format TEXT NOT NULL,
    header BLOB,
    next_offset INTEGER NOT NULL,
    shift_us INTEGER NOT NULL,
    counts TEXT NOT NULL,       -- "name number" a line, without duplicates
    duplicates INTEGER NOT NULL,
    first_event_us INTEGER,
    last_event_us INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (       -- the last ones
    number INTEGER PRIMARY KEY,
    input INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    reason TEXT NOT NULL,
    record BLOB NOT NULL
) STRICT;

CREATE TABLE model (            -- the active one
    id INTEGER PRIMARY KEY CHECK (id = 1),
    digest BLOB NOT NULL,
    bytes BLOB NOT NULL
) STRICT;
