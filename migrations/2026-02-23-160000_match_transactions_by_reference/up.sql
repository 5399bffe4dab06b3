-- Data migration: matches the money that arrived before matching existed.
--
-- Only what is beyond doubt: the transfer names one booking, in its currency, to
-- the cent, and neither side has been matched yet. The rest is left to a human.
-- `backfill` marks the rows as ours, so that the way down knows what to take back.
INSERT INTO transaction_matches (transaction_id, booking_id, amount_cents, matched_by)
SELECT
    transactions.id,
    bookings.id,
    transactions.amount_cents,
    'backfill'
FROM transactions
JOIN bookings ON bookings.reference = upper(trim(transactions.reference))
JOIN sessions ON sessions.id = bookings.session_id
WHERE bookings.status <> 'cancelled'
    AND transactions.amount_cents = sessions.price_cents
    AND transactions.currency = sessions.currency
    AND NOT EXISTS (
        SELECT 1
        FROM transaction_matches
        WHERE transaction_matches.transaction_id = transactions.id
            OR transaction_matches.booking_id = bookings.id
    )
    -- Paid twice is not beyond doubt: one of the two has to be sent back.
    AND NOT EXISTS (
        SELECT 1
        FROM transactions AS others
        WHERE others.id <> transactions.id
            AND upper(trim(others.reference)) = bookings.reference
    );
