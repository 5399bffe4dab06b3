//! What the tests of this area share: an engine, where any will do.
//!
//! Reaches no database.

use crate::backend::address::Engine;
use crate::sql::Dialect;

/// Returns an engine that is compiled in; a test that uses it holds for each.
pub(crate) fn engine() -> Engine {
    let engines = [Engine::Sqlite, Engine::Postgres];
    let compiled = engines.into_iter().find(|engine| engine.dialect().is_ok());
    compiled.expect("one engine is compiled in at least")
}

/// Returns the dialect of that engine.
pub(crate) fn dialect() -> &'static dyn Dialect {
    engine().dialect().expect("it is compiled in")
}
