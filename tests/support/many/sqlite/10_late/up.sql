CREATE VIEW late_THINGs AS SELECT id FROM THINGs WHERE created_at < date('now', '-30 days');
