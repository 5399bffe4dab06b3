-- What the program would write when a guest opens the settings for the first time.
INSERT INTO preferences (user_id, name, value)
SELECT id, 'locale', 'en'
FROM users
-- SQLite needs a WHERE here to tell the conflict clause from a join.
WHERE true
ON CONFLICT (user_id, name) DO NOTHING;
