//! `SQLite` has no locks of tables: of no statement is any known.

use diesel::sqlite::SqliteConnection;

use crate::backend::held::HeldBackend;

impl HeldBackend for SqliteConnection {}
