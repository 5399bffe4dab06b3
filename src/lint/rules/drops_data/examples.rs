//! What proves the rule.

use crate::backend::address::Engine;
use crate::lint::rule::{Claim, Example};

const TABLE: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, phone TEXT);";
const SALES: &str = "CREATE TABLE sales (id INTEGER PRIMARY KEY, price REAL, word TEXT);";

const ORDERS: &str = "CREATE TABLE sales (id INTEGER PRIMARY KEY, price REAL, word TEXT); CREATE TABLE orders (id INTEGER PRIMARY KEY, price REAL, word TEXT);";

/// Makes the table of sales anew, whose rows this takes over.
macro_rules! anew {
    ($copy:literal) => {
        concat!(
            "CREATE TABLE sales_new (id INTEGER PRIMARY KEY, price REAL, word TEXT UNIQUE);\n",
            $copy,
            ";\nDROP TABLE sales;\nALTER TABLE sales_new RENAME TO sales;"
        )
    };
}

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        before: TABLE,
        up: "DROP TABLE users;",
        ..Example::BAD
    },
    Example {
        before: TABLE,
        up: "ALTER TABLE users DROP COLUMN phone;",
        ..Example::BAD
    },
    Example {
        engines: &[Engine::Postgres],
        before: "CREATE SCHEMA old; CREATE TABLE users (id INT);",
        up: "DROP SCHEMA old CASCADE;\nTRUNCATE users;",
        ..Example::BAD
    },
    Example {
        // What it makes anew is not what it drops.
        before: TABLE,
        up: "CREATE TABLE users_new (id INTEGER PRIMARY KEY);\nDROP TABLE users;\nALTER TABLE users_new RENAME TO people;",
        ..Example::BAD
    },
    Example {
        // A table is made anew without a column.
        before: TABLE,
        up: "CREATE TABLE users_new (id INTEGER PRIMARY KEY);\nINSERT INTO users_new SELECT id FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;",
        ..Example::BAD
    },
    Example {
        engines: &[Engine::Postgres],
        before: "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE days (id INT, mood mood);",
        up: "DROP TYPE mood CASCADE;",
        ..Example::BAD
    },
    Example {
        engines: &[Engine::Postgres],
        up: "DROP OWNED BY nobody_at_all;",
        claim: Claim::NotRun,
        ..Example::BAD
    },
    Example {
        engines: &[Engine::Postgres],
        before: TABLE,
        up: "DO $$ BEGIN\n  EXECUTE 'DROP TABLE users';\nEND $$;",
        ..Example::BAD
    },
    Example {
        // With the rows of a table go those that refer to them.
        engines: &[Engine::Sqlite],
        before: "CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id) ON DELETE CASCADE);",
        up: "CREATE TABLE users_new (id INTEGER PRIMARY KEY);\nINSERT INTO users_new SELECT id FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;",
        ..Example::BAD
    },
    Example {
        // Inside a transaction foreign keys stay as they are.
        engines: &[Engine::Sqlite],
        before: "CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id) ON DELETE CASCADE);",
        run_in_transaction: false,
        up: "BEGIN;\nPRAGMA foreign_keys = OFF;\nCREATE TABLE users_new (id INTEGER PRIMARY KEY);\nINSERT INTO users_new SELECT id FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;\nCOMMIT;\nPRAGMA foreign_keys = ON;",
        ..Example::BAD
    },
    Example {
        engines: &[Engine::Sqlite],
        before: "CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id) ON DELETE CASCADE);",
        run_in_transaction: false,
        up: "PRAGMA foreign_keys = OFF;\nPRAGMA foreign_keys = ON;\nCREATE TABLE users_new (id INTEGER PRIMARY KEY);\nINSERT INTO users_new SELECT id FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;",
        ..Example::BAD
    },
    Example {
        engines: &[Engine::Sqlite],
        before: "CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id) ON DELETE CASCADE);",
        run_in_transaction: false,
        up: "PRAGMA foreign_keys = OFF;\nBEGIN;\nCREATE TABLE users_new (id INTEGER PRIMARY KEY);\nINSERT INTO users_new SELECT id FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;\nCOMMIT;\nPRAGMA foreign_keys = ON;",
        ..Example::GOOD
    },
    Example {
        before: TABLE,
        up: "-- lint:ignore drops-data -- nobody reads it since 2.3\nALTER TABLE users DROP COLUMN phone;",
        ..Example::GOOD
    },
    Example {
        // A table is made anew: what it held was copied.
        before: TABLE,
        up: "CREATE TABLE users_new (id INTEGER PRIMARY KEY, phone TEXT NOT NULL DEFAULT '');\nINSERT INTO users_new SELECT id, coalesce(phone, '') FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;",
        ..Example::GOOD
    },
    Example {
        up: "CREATE TEMPORARY TABLE heap (id INTEGER);\nDROP TABLE heap;",
        ..Example::GOOD
    },
    Example {
        // What the file itself has put into a column of its own nobody else has written.
        before: TABLE,
        up: "ALTER TABLE users ADD COLUMN draft TEXT;\nUPDATE users SET draft = phone WHERE id = 1;\nALTER TABLE users RENAME COLUMN draft TO sketch;\nALTER TABLE users DROP COLUMN sketch;",
        ..Example::GOOD
    },
    Example {
        before: TABLE,
        up: "ALTER TABLE users ADD COLUMN draft TEXT;\nUPDATE users SET draft = phone WHERE id = 1;\nALTER TABLE users DROP COLUMN phone;",
        ..Example::BAD
    },
    Example {
        // It is not the one that the file has added.
        before: TABLE,
        up: "ALTER TABLE users ADD COLUMN draft TEXT;\nALTER TABLE users RENAME COLUMN draft TO sketch;\nALTER TABLE users RENAME COLUMN phone TO draft;\nALTER TABLE users DROP COLUMN draft;",
        ..Example::BAD
    },
    Example {
        // It may have been there.
        engines: &[Engine::Postgres],
        before: TABLE,
        up: "ALTER TABLE users ADD COLUMN IF NOT EXISTS phone TEXT;\nALTER TABLE users DROP COLUMN phone;",
        ..Example::BAD
    },
    Example {
        engines: &[Engine::Postgres],
        before: TABLE,
        up: "DO $$ BEGIN\n  IF false THEN\n    ALTER TABLE users ADD COLUMN phone TEXT;\n  END IF;\nEND $$;\nALTER TABLE users DROP COLUMN phone;",
        ..Example::BAD
    },
    Example {
        before: "CREATE TABLE users (id INTEGER); CREATE INDEX i ON users (id); CREATE VIEW v AS SELECT 1;",
        up: "DROP INDEX i;\nDROP VIEW v;",
        ..Example::GOOD
    },
    Example {
        engines: &[Engine::Sqlite],
        before: "CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id));",
        up: "CREATE TABLE users_new (id INTEGER PRIMARY KEY);\nINSERT INTO users_new SELECT id FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;",
        ..Example::GOOD
    },
    Example {
        // It gets a type that cannot hold what was there,
        before: SALES,
        up: "CREATE TABLE sales_new (id INTEGER PRIMARY KEY, price INTEGER, word TEXT);\nINSERT INTO sales_new SELECT id, price, word FROM sales;\nDROP TABLE sales;\nALTER TABLE sales_new RENAME TO sales;",
        ..Example::BAD
    },
    Example {
        // also where all columns are meant;
        before: SALES,
        up: "CREATE TABLE sales_new (id INTEGER PRIMARY KEY, price INTEGER, word TEXT);\nINSERT INTO sales_new SELECT * FROM sales;\nDROP TABLE sales;\nALTER TABLE sales_new RENAME TO sales;",
        ..Example::BAD
    },
    Example {
        // or another value is computed of it;
        before: SALES,
        up: "CREATE TABLE sales_new (id INTEGER PRIMARY KEY, price REAL, word TEXT);\nINSERT INTO sales_new (id, price, word) SELECT id, price / 100, word FROM sales;\nDROP TABLE sales;\nALTER TABLE sales_new RENAME TO sales;",
        ..Example::BAD
    },
    Example {
        // or it is written over;
        before: SALES,
        up: "CREATE TABLE sales_new (id INTEGER PRIMARY KEY, price REAL, word TEXT);\nINSERT INTO sales_new SELECT * FROM sales;\nUPDATE sales_new SET word = 'x' WHERE id > 1;\nDROP TABLE sales;\nALTER TABLE sales_new RENAME TO sales;",
        ..Example::BAD
    },
    Example {
        // or rows are left out.
        before: SALES,
        up: "CREATE TABLE sales_new (id INTEGER PRIMARY KEY, price REAL, word TEXT);\nINSERT INTO sales_new SELECT id, price, word FROM sales WHERE price > 0;\nDROP TABLE sales;\nALTER TABLE sales_new RENAME TO sales;",
        ..Example::BAD
    },
    Example {
        before: SALES,
        up: "CREATE TABLE sales_new (id INTEGER PRIMARY KEY, price REAL, word TEXT);\nINSERT INTO sales_new SELECT * FROM sales ORDER BY id LIMIT 10;\nDROP TABLE sales;\nALTER TABLE sales_new RENAME TO sales;",
        ..Example::BAD
    },
    Example {
        before: SALES,
        up: "CREATE TABLE sales_new (id INTEGER PRIMARY KEY, price REAL, word TEXT, more TEXT);\nINSERT INTO sales_new (word, price, id) SELECT word, price, id FROM sales WHERE true;\nDROP TABLE sales;\nALTER TABLE sales_new RENAME TO sales;",
        ..Example::GOOD
    },
    Example {
        // Two of them take all rows.
        before: SALES,
        up: "CREATE TABLE sales_new (id INTEGER PRIMARY KEY, price REAL, word TEXT);\nINSERT INTO sales_new SELECT id, price, word FROM sales WHERE price > 0;\nINSERT INTO sales_new SELECT id, 0, word FROM sales WHERE price <= 0 OR price IS NULL;\nDROP TABLE sales;\nALTER TABLE sales_new RENAME TO sales;",
        ..Example::GOOD
    },
    Example {
        // A column gets another name on the way; and all are taken over.
        before: TABLE,
        up: "CREATE TABLE users_new (id INTEGER PRIMARY KEY, mobile TEXT);\nINSERT INTO users_new (id, mobile) SELECT id, phone FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;\nCREATE TABLE more (id INTEGER PRIMARY KEY, phone TEXT);\nINSERT INTO more SELECT * FROM users;\nDROP TABLE users;\nALTER TABLE more RENAME TO users;",
        ..Example::GOOD
    },
    Example {
        // Nothing but a plain query of all rows of the one table surely takes all.
        before: ORDERS,
        up: anew!(
            "INSERT INTO sales_new SELECT sales.id, sales.price, sales.word FROM sales JOIN orders ON orders.id = sales.id"
        ),
        ..Example::BAD
    },
    Example {
        before: ORDERS,
        up: anew!(
            "INSERT INTO sales_new SELECT max(id), max(price), word FROM sales GROUP BY word"
        ),
        ..Example::BAD
    },
    Example {
        before: ORDERS,
        up: anew!(
            "INSERT INTO sales_new SELECT coalesce(max(id), 0), max(price), max(word) FROM sales"
        ),
        ..Example::BAD
    },
    Example {
        before: ORDERS,
        up: anew!(
            "INSERT INTO sales_new SELECT id, price, word FROM sales EXCEPT SELECT id, price, word FROM orders"
        ),
        ..Example::BAD
    },
    Example {
        before: ORDERS,
        up: anew!(
            "INSERT INTO sales_new SELECT id, price, word FROM (SELECT * FROM sales WHERE price > 0) AS dear"
        ),
        ..Example::BAD
    },
    Example {
        before: ORDERS,
        up: anew!("INSERT INTO sales_new SELECT id, price, word FROM orders"),
        ..Example::BAD
    },
    Example {
        before: ORDERS,
        up: anew!(
            "WITH dear AS (SELECT * FROM sales WHERE price > 0) INSERT INTO sales_new SELECT id, price, word FROM dear"
        ),
        ..Example::BAD
    },
    Example {
        before: ORDERS,
        up: anew!(
            "INSERT INTO sales_new SELECT id, price, word FROM sales WHERE true ON CONFLICT DO NOTHING"
        ),
        ..Example::BAD
    },
    Example {
        before: ORDERS,
        up: anew!("INSERT INTO sales_new (id, price, word) VALUES (1, 0, 'x')"),
        ..Example::BAD
    },
    Example {
        before: ORDERS,
        up: anew!(
            "INSERT INTO sales_new VALUES (1, 0, 'x');\nINSERT INTO sales_new VALUES (2, 0, 'y')"
        ),
        ..Example::BAD
    },
    Example {
        before: ORDERS,
        up: anew!(
            "INSERT INTO sales_new SELECT id, price, word FROM sales;\nDELETE FROM sales_new WHERE price IS NULL"
        ),
        ..Example::BAD
    },
    Example {
        engines: &[Engine::Sqlite],
        before: ORDERS,
        up: anew!("INSERT OR REPLACE INTO sales_new SELECT id, price, word FROM sales"),
        ..Example::BAD
    },
    Example {
        before: ORDERS,
        up: anew!(
            "INSERT INTO sales_new SELECT old.id, old.price, old.word FROM sales AS old WHERE true ORDER BY old.id"
        ),
        ..Example::GOOD
    },
    Example {
        // The rows are those of the same name in another schema.
        engines: &[Engine::Postgres],
        before: "CREATE SCHEMA shop; CREATE TABLE shop.sales (id INT); CREATE TABLE sales (id INT);",
        up: "CREATE TABLE shop.sales_new (id INT);\nINSERT INTO shop.sales_new SELECT id FROM sales;\nDROP TABLE shop.sales;\nALTER TABLE shop.sales_new RENAME TO sales;",
        ..Example::BAD
    },
    Example {
        engines: &[Engine::Postgres],
        before: "CREATE SCHEMA shop; CREATE TABLE shop.sales (id INT);",
        up: "SET search_path = shop;\nCREATE TABLE sales_new (id INT);\nINSERT INTO sales_new SELECT id FROM sales;\nDROP TABLE shop.sales;\nALTER TABLE sales_new RENAME TO sales;",
        ..Example::GOOD
    },
    Example {
        before: SALES,
        up: "CREATE TABLE sales_new AS SELECT * FROM sales;\nDROP TABLE sales;\nALTER TABLE sales_new RENAME TO sales;",
        ..Example::GOOD
    },
    Example {
        before: SALES,
        up: "ALTER TABLE sales RENAME TO sales_old;\nCREATE TABLE sales (id INTEGER PRIMARY KEY, word TEXT);\nINSERT INTO sales SELECT id, word FROM sales_old;\nDROP TABLE sales_old;",
        ..Example::BAD
    },
    Example {
        before: SALES,
        up: "ALTER TABLE sales RENAME TO sales_old;\nCREATE TABLE sales (id INTEGER PRIMARY KEY, price REAL, word TEXT);\nINSERT INTO sales SELECT id, price, word FROM sales_old WHERE price > 0;\nDROP TABLE sales_old;",
        ..Example::BAD
    },
];
