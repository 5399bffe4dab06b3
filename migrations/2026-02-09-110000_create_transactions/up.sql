-- Money that arrived (or went back: a negative amount), as the bank or the card
-- terminal reports it. Rows are never changed, only matched.
CREATE TABLE transactions (
    id TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL CHECK (source IN ('bank', 'card', 'cash')),
    -- The source's own number: a statement that is read twice adds nothing.
    external_id TEXT NOT NULL,
    amount_cents BIGINT NOT NULL CHECK (amount_cents <> 0),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    received_at TIMESTAMP NOT NULL,
    payer TEXT NOT NULL DEFAULT '',
    reference TEXT NOT NULL DEFAULT '',
    UNIQUE (source, external_id)
);

-- Which money pays for which booking. One transfer may pay for several bookings,
-- and one booking may be paid in parts, hence a table and not a column.
CREATE TABLE transaction_matches (
    transaction_id TEXT NOT NULL REFERENCES transactions (id),
    booking_id TEXT NOT NULL REFERENCES bookings (id),
    amount_cents BIGINT NOT NULL CHECK (amount_cents <> 0),
    matched_by TEXT NOT NULL CHECK (matched_by IN ('hand', 'rule', 'backfill')),
    matched_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (transaction_id, booking_id)
);
