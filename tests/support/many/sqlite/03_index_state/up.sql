CREATE INDEX THINGs_state ON THINGs (state) WHERE state <> 'done';
