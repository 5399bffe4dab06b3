CREATE VIEW open_THINGs AS
SELECT t.id, t.code, t.amount, p.code AS PARENT
FROM THINGs AS t
LEFT JOIN PARENTs AS p ON p.id = t.PARENT_id
WHERE t.state IN ('new', 'open');
