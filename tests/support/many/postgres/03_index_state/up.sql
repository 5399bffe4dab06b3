CREATE INDEX CONCURRENTLY THINGs_state ON THINGs (state) WHERE state <> 'done';
