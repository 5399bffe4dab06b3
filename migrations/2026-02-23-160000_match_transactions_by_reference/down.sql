-- Takes back what the way up added, and nothing that a human or a rule matched.
DELETE FROM transaction_matches
WHERE matched_by = 'backfill';
