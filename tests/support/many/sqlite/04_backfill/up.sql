INSERT INTO THINGs (code, note)
WITH RECURSIVE numbers (n) AS (
    SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20
)
SELECT 'THING-' || n, 'made by hand' FROM numbers;

UPDATE THINGs
SET updated_at = created_at, seats = 1
WHERE updated_at IS NULL;
