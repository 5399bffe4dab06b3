DROP INDEX calendar_events_pending;
DROP INDEX transaction_matches_booking_id;
DROP INDEX bookings_user_id;
DROP INDEX sessions_starts_at;
