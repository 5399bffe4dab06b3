//! Examples of the rules that are off until somebody asks for them, by name.

use super::{Pair, outside, pair};

pub(super) const PAIRS: &[Pair] = &[
    pair(
        "ban-add-column",
        "ALTER TABLE users ADD COLUMN title TEXT;",
        "CREATE TABLE users (title TEXT);",
    ),
    pair(
        "ban-add-composite-attribute",
        "ALTER TYPE address ADD ATTRIBUTE street TEXT;",
        "CREATE TYPE address AS (street TEXT);",
    ),
    pair(
        "ban-add-enum-value",
        "ALTER TYPE mood ADD VALUE 'calm' AFTER 'sad';",
        "CREATE TYPE mood AS ENUM ('sad', 'calm');",
    ),
    pair(
        "ban-alter-database-options",
        "ALTER DATABASE shop SET search_path TO public;",
        "ALTER DATABASE shop RENAME TO store;",
    ),
    pair(
        "ban-alter-extension",
        "ALTER EXTENSION hstore UPDATE TO '1.8';",
        "CREATE EXTENSION hstore;",
    ),
    pair(
        "ban-alter-function-options",
        "ALTER FUNCTION area(INT) SECURITY DEFINER;",
        "ALTER FUNCTION area(INT) RENAME TO surface;",
    ),
    pair(
        "ban-alter-generated-expression",
        "ALTER TABLE rooms ALTER COLUMN area SET EXPRESSION AS (width * depth);",
        "ALTER TABLE rooms ALTER COLUMN area DROP EXPRESSION;",
    ),
    pair(
        "ban-alter-policy-condition",
        "ALTER POLICY own ON users USING (true);",
        "ALTER POLICY own ON users TO guest;",
    ),
    pair(
        "ban-alter-policy-roles",
        "ALTER POLICY own ON users TO guest;",
        "ALTER POLICY own ON users USING (true);",
    ),
    pair(
        "ban-alter-role-options",
        "ALTER ROLE guest NOLOGIN;",
        "ALTER ROLE guest RENAME TO visitor;",
    ),
    pair(
        "ban-alter-row-level-security",
        "ALTER TABLE users ENABLE ROW LEVEL SECURITY;",
        "ALTER TABLE users ENABLE TRIGGER audit;",
    ),
    pair(
        "ban-alter-sequence-values",
        "ALTER SEQUENCE invoices RESTART WITH 1;",
        "ALTER SEQUENCE invoices OWNED BY NONE;",
    ),
    Pair {
        rule: "ban-alter-system-options",
        bad: outside("ALTER SYSTEM SET timezone = 'UTC';"),
        good: outside("ALTER DATABASE shop SET timezone = 'UTC';"),
    },
    pair(
        "ban-alter-view-options",
        "ALTER VIEW guests SET (security_barrier = true);",
        "ALTER VIEW guests RENAME TO visitors;",
    ),
    Pair {
        rule: "ban-concurrent-index-creation-in-transaction",
        bad: outside("BEGIN;\nCREATE INDEX CONCURRENTLY users_email ON users (email);\nCOMMIT;"),
        good: outside("CREATE INDEX CONCURRENTLY users_email ON users (email);"),
    },
    pair(
        "ban-create-policy",
        "CREATE POLICY own ON users USING (true);",
        "DROP POLICY own ON users;",
    ),
    pair(
        "ban-detach-inheritance",
        "ALTER TABLE guests NO INHERIT users;",
        "ALTER TABLE guests INHERIT users;",
    ),
    pair(
        "ban-disable-trigger",
        "ALTER TABLE users DISABLE TRIGGER audit;",
        "ALTER TABLE users ENABLE ROW LEVEL SECURITY;",
    ),
    pair(
        "ban-drop-column",
        "ALTER TABLE users DROP COLUMN title;",
        "ALTER TABLE users ALTER COLUMN title DROP NOT NULL;",
    ),
    pair(
        "ban-drop-index",
        "DROP INDEX users_email;",
        "CREATE INDEX users_email ON users (email);",
    ),
    pair(
        "ban-drop-policy",
        "DROP POLICY own ON users;",
        "CREATE POLICY own ON users USING (true);",
    ),
    pair("ban-drop-table", "DROP TABLE users;", "DROP VIEW guests;"),
    pair(
        "ban-drop-trigger",
        "DROP TRIGGER audit ON users;",
        "ALTER TABLE users DISABLE TRIGGER audit;",
    ),
    pair(
        "ban-new-write-restriction",
        "ALTER TABLE users ADD CONSTRAINT adult CHECK (age > 17) NOT VALID;",
        "ALTER TABLE users DROP CONSTRAINT adult;",
    ),
    pair(
        "ban-replace-view-function",
        "CREATE OR REPLACE VIEW guests AS SELECT 1 AS id;",
        "CREATE VIEW guests AS SELECT 1 AS id;",
    ),
    pair(
        "ban-replica-identity",
        "ALTER TABLE users REPLICA IDENTITY FULL;",
        "ALTER PUBLICATION changes ADD TABLE users;",
    ),
    pair(
        "ban-revoke",
        "REVOKE SELECT ON users FROM guest;",
        "GRANT SELECT ON users TO guest;",
    ),
    pair(
        "ban-set-default",
        "ALTER TABLE users ALTER COLUMN age SET DEFAULT 18;",
        "ALTER TABLE users ALTER COLUMN age DROP DEFAULT;",
    ),
    // Outside of a transaction alone can a part of a file be done.
    Pair {
        rule: "prefer-robust-stmts",
        bad: outside("ALTER TABLE users ADD COLUMN title TEXT;\nSELECT 1;"),
        good: outside("ALTER TABLE users ADD COLUMN IF NOT EXISTS title TEXT;\nSELECT 1;"),
    },
    pair(
        "require-lock-timeout",
        "SET statement_timeout = '5s';\nALTER TABLE users ADD COLUMN title TEXT;",
        "SET lock_timeout = '1s';\nALTER TABLE users ADD COLUMN title TEXT;",
    ),
    pair(
        "require-statement-timeout",
        "SET lock_timeout = '1s';\nALTER TABLE users ADD COLUMN title TEXT;",
        "SET statement_timeout = '5s';\nALTER TABLE users ADD COLUMN title TEXT;",
    ),
    pair(
        "require-table-schema",
        "CREATE TABLE users (id BIGINT);",
        "CREATE TABLE public.users (id BIGINT);",
    ),
    pair(
        "require-timeout-settings",
        "SET lock_timeout = '1s';\nALTER TABLE users ADD COLUMN title TEXT;",
        "SET lock_timeout = '1s';\nSET statement_timeout = '5s';\nALTER TABLE users ADD COLUMN title TEXT;",
    ),
];
