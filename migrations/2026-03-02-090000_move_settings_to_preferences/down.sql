-- A way down brings the data back, not the columns alone. Users who came after
-- the way up have no preference yet and get the default.
ALTER TABLE users ADD COLUMN locale TEXT NOT NULL DEFAULT 'en';
ALTER TABLE users ADD COLUMN reminder_hours INTEGER NOT NULL DEFAULT 24
    CHECK (reminder_hours BETWEEN 0 AND 168);

UPDATE users
SET locale = (
    SELECT preferences.value
    FROM preferences
    WHERE preferences.user_id = users.id
        AND preferences.name = 'locale'
)
WHERE EXISTS (
    SELECT 1
    FROM preferences
    WHERE preferences.user_id = users.id
        AND preferences.name = 'locale'
);

UPDATE users
SET reminder_hours = (
    SELECT CAST(preferences.value AS INTEGER)
    FROM preferences
    WHERE preferences.user_id = users.id
        AND preferences.name = 'reminder_hours'
)
WHERE EXISTS (
    SELECT 1
    FROM preferences
    WHERE preferences.user_id = users.id
        AND preferences.name = 'reminder_hours'
);

-- The columns hold these again, and two homes of one truth would drift apart.
DELETE FROM preferences
WHERE name IN ('locale', 'reminder_hours');
