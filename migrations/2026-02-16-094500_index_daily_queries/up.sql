-- The questions that the front desk asks all day.
--
-- On a large PostgreSQL table, CREATE INDEX CONCURRENTLY keeps writers going; it
-- needs `run_in_transaction = false` in metadata.toml, and SQLite has no such
-- form. These tables are small, and a plain index is built in one transaction.
CREATE INDEX sessions_starts_at ON sessions (starts_at);
CREATE INDEX bookings_user_id ON bookings (user_id);
CREATE INDEX transaction_matches_booking_id ON transaction_matches (booking_id);

-- A queue: only the rows that wait are in the index, so it stays small.
CREATE INDEX calendar_events_pending
    ON calendar_events (account_id)
    WHERE state = 'pending';
