//! In which language a `PostgreSQL` server says its errors.
//!
//! Must not know what is said.

use diesel::pg::PgConnection;

use crate::backend::Backend;
use crate::backend::query::Query;

/// Returns whether it is another one than English; where that cannot be asked, it is not.
///
/// <https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LC-MESSAGES>: only a
/// superuser may change it for a session.
pub(super) fn speaks_otherwise(connection: &mut PgConnection) -> bool {
    let ask = Query::new("SELECT pg_catalog.current_setting('lc_messages')").once();
    let asked = connection.load(&ask).ok();
    let language = asked.and_then(|rows| rows.first()?.text(0).ok());
    language.is_some_and(|language| !is_english(&language))
}

/// Returns whether a message is what the server says, in its language, of a statement that took longer
/// than it may: it is made to say so of one that waits for nothing.
pub(super) fn means_out_of_time(connection: &mut PgConnection, message: &str) -> bool {
    if !speaks_otherwise(connection) || connection.begin().is_err() {
        return false;
    }
    let limited = connection.batch_execute("SET LOCAL statement_timeout = 1");
    let said = limited.and_then(|()| connection.batch_execute("SELECT pg_catalog.pg_sleep(60)"));
    // A connection that cannot roll back is unusable, which the next statement will tell.
    let _ = connection.rollback();
    said.is_err_and(|said| said.message == message)
}

/// Returns whether a locale's messages are those that stand in the server's source.
fn is_english(locale: &str) -> bool {
    let language = locale
        .split(['_', '.', '@', '-'])
        .next()
        .unwrap_or_default();
    ["", "C", "POSIX", "en", "English"].contains(&language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_is_what_nobody_translates() {
        for locale in [
            "",
            "C",
            "C.UTF-8",
            "C.utf8",
            "POSIX",
            "en_US.UTF-8",
            "en",
            "English_United States.1252",
        ] {
            assert!(is_english(locale), "{locale}");
        }
        for locale in ["de_DE.UTF-8", "ja_JP", "cs_CZ", "es", "German_Germany.1252"] {
            assert!(!is_english(locale), "{locale}");
        }
    }
}
