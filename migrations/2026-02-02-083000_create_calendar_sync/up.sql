-- Bookings appear in the guests' own calendars, which are read and written by a
-- background job. Secrets of the providers are kept elsewhere, never here.
CREATE TABLE calendar_accounts (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider TEXT NOT NULL CHECK (provider IN ('google', 'microsoft', 'caldav')),
    calendar TEXT NOT NULL,
    -- The provider's own mark of what we have read so far; NULL asks for everything.
    sync_token TEXT,
    synced_at TIMESTAMP,
    UNIQUE (user_id, provider, calendar)
);

CREATE TABLE calendar_events (
    account_id TEXT NOT NULL REFERENCES calendar_accounts (id) ON DELETE CASCADE,
    booking_id TEXT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
    -- The event's name at the provider, known once it has been pushed.
    external_id TEXT,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'pushed', 'failed')),
    PRIMARY KEY (account_id, booking_id),
    CONSTRAINT calendar_events_pushed_has_name CHECK (state <> 'pushed' OR external_id IS NOT NULL)
);
