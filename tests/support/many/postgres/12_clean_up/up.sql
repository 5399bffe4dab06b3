-- lint:ignore drops-data -- release 4 was the last one to read it
ALTER TABLE THINGs DROP COLUMN note;

CREATE OR REPLACE VIEW open_THINGs AS
SELECT t.id, t.code, t.price AS amount, p.code AS PARENT
FROM THINGs AS t
LEFT JOIN PARENTs AS p ON p.id = t.PARENT_id
WHERE t.state = 'open';
