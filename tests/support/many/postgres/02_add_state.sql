-- migrate:up
ALTER TABLE THINGs
    ADD COLUMN state TEXT NOT NULL DEFAULT 'new',
    ADD COLUMN updated_at TIMESTAMP,
    ADD COLUMN seats INTEGER;

-- migrate:down
ALTER TABLE THINGs
    DROP COLUMN IF EXISTS seats,
    DROP COLUMN IF EXISTS updated_at,
    DROP COLUMN IF EXISTS state;
