-- lint:ignore drops-data -- release 4 was the last one to read it
ALTER TABLE THINGs DROP COLUMN note;
