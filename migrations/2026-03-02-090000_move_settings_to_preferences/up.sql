-- The last step of three (expand, move, contract): `preferences` exists since
-- January, the program has read it first for a while, so the columns can go.
-- A preference that is there already is newer than the column and wins.
INSERT INTO preferences (user_id, name, value)
SELECT users.id, 'locale', users.locale
FROM users
WHERE NOT EXISTS (
    SELECT 1
    FROM preferences
    WHERE preferences.user_id = users.id
        AND preferences.name = 'locale'
);

INSERT INTO preferences (user_id, name, value)
SELECT users.id, 'reminder_hours', CAST(users.reminder_hours AS TEXT)
FROM users
WHERE NOT EXISTS (
    SELECT 1
    FROM preferences
    WHERE preferences.user_id = users.id
        AND preferences.name = 'reminder_hours'
);

ALTER TABLE users DROP COLUMN locale;
ALTER TABLE users DROP COLUMN reminder_hours;
