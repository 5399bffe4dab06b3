-- The people of the studio: guests who book, and teachers who give sessions.
--
-- Identifiers are text made by the program (a UUID, say), which both SQLite and
-- PostgreSQL take as they are. Every TIMESTAMP in this schema is in UTC.
CREATE TABLE users (
    -- SQLite lets a primary key that is not an INTEGER be NULL unless told not to.
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL CHECK (email LIKE '%_@_%'),
    display_name TEXT NOT NULL CHECK (length(display_name) > 0),
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    locale TEXT NOT NULL DEFAULT 'en',
    reminder_hours INTEGER NOT NULL DEFAULT 24 CHECK (reminder_hours BETWEEN 0 AND 168)
);

-- One account an address, however it is typed.
CREATE UNIQUE INDEX users_email_key ON users (lower(email));
