-- seed: template
-- seed: once
-- The one account that lets somebody in to make the others. It runs once: afterwards the variable
-- is not needed, and a password that was changed since stays.
INSERT INTO users (id, email, display_name)
VALUES ('admin', 'admin@example.com', 'Administrator')
ON CONFLICT DO NOTHING;

INSERT INTO preferences (user_id, name, value)
VALUES ('admin', 'password_hash', {{ env("ADMIN_PASSWORD") | argon2 | sql }})
ON CONFLICT (user_id, name) DO NOTHING;
