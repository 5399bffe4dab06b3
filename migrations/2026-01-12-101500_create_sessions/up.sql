-- A session is an hour in the studio that can be booked (not a login session).
CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    teacher_id TEXT NOT NULL REFERENCES users (id),
    title TEXT NOT NULL,
    starts_at TIMESTAMP NOT NULL,
    ends_at TIMESTAMP NOT NULL,
    capacity INTEGER NOT NULL CHECK (capacity > 0),
    -- Money is whole cents: a fraction that a float cannot hold never gets in.
    price_cents BIGINT NOT NULL CHECK (price_cents >= 0),
    currency TEXT NOT NULL DEFAULT 'EUR' CHECK (length(currency) = 3),
    CONSTRAINT sessions_end_after_start CHECK (ends_at > starts_at)
);

CREATE TABLE bookings (
    id TEXT NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    -- What the guest writes on a bank transfer, such as `YOGA-1042`.
    reference TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL DEFAULT 'reserved' CHECK (status IN ('reserved', 'attended', 'cancelled')),
    booked_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- A guest holds one place in a session. A cancelled booking stays as a record
-- and must not keep the guest from booking again, hence the WHERE.
CREATE UNIQUE INDEX bookings_one_place_each
    ON bookings (session_id, user_id)
    WHERE status <> 'cancelled';
