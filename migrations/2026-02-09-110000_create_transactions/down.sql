DROP TABLE transaction_matches;
DROP TABLE transactions;
