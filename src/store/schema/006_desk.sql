-- What the analyst's desk asks stored events for, beside what they had. Of migrated rows nobody knows it: NULL.

ALTER TABLE event ADD COLUMN place TEXT;   -- of anomalous ones, where the source is: "lat,lon,CC"; "CC" without a point; "-private", "-unknown", ...
ALTER TABLE event ADD COLUMN traits BLOB;  -- user names, passwords, ...: see sto_event.c
ALTER TABLE recent ADD COLUMN place TEXT;
ALTER TABLE recent ADD COLUMN traits BLOB;
