INSERT INTO THINGs (code, note)
SELECT 'THING-' || n, 'made by hand' FROM generate_series(1, 20) AS n;

UPDATE THINGs
SET updated_at = created_at, seats = 1
WHERE updated_at IS NULL;
