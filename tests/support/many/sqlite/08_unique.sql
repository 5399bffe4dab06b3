-- migrate:up
CREATE UNIQUE INDEX THINGs_code ON THINGs (code, kind);

-- migrate:down
DROP INDEX IF EXISTS THINGs_code;
