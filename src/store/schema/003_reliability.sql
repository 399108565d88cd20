-- Alert budgets: what each source's budget remembers, and asked and achieved by source and week of event time.

CREATE TABLE budget (           -- of one source: what the pipeline takes up
    source TEXT PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE reliability (      -- sums over the events that count (core/reliability.h)
    week_us INTEGER NOT NULL,   -- Monday 00:00 UTC
    source TEXT NOT NULL,
    events INTEGER NOT NULL,
    expected INTEGER NOT NULL,  -- false alarms asked, in 2^-36
    alarms INTEGER NOT NULL,
    alerts INTEGER NOT NULL,
    p0 INTEGER NOT NULL, p1 INTEGER NOT NULL, p2 INTEGER NOT NULL, p3 INTEGER NOT NULL, p4 INTEGER NOT NULL, -- events by p-value,
    p5 INTEGER NOT NULL, p6 INTEGER NOT NULL, p7 INTEGER NOT NULL, p8 INTEGER NOT NULL, p9 INTEGER NOT NULL, -- 20 even bins
    p10 INTEGER NOT NULL, p11 INTEGER NOT NULL, p12 INTEGER NOT NULL, p13 INTEGER NOT NULL, p14 INTEGER NOT NULL,
    p15 INTEGER NOT NULL, p16 INTEGER NOT NULL, p17 INTEGER NOT NULL, p18 INTEGER NOT NULL, p19 INTEGER NOT NULL,
    tail2 INTEGER NOT NULL,     -- events with p <= 1e-2
    tail3 INTEGER NOT NULL,
    tail4 INTEGER NOT NULL,
    PRIMARY KEY (week_us, source)
) STRICT, WITHOUT ROWID;

ALTER TABLE alert ADD COLUMN model BLOB; -- digest of the one that gave the score; NULL: an alert of before
