-- Retention: how many kept events it dropped, ever.

ALTER TABLE state ADD COLUMN dropped_events INTEGER NOT NULL DEFAULT 0;
