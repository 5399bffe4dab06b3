//! Addresses of every form, told apart and shown.

use super::*;

#[test]
fn the_form_decides_the_engine() {
    for (text, engine) in [
        ("postgres://localhost/x", Some(Engine::Postgres)),
        ("POSTGRESQL://localhost/x", Some(Engine::Postgres)),
        ("dbname=studio.db", Some(Engine::Postgres)),
        ("host = localhost", Some(Engine::Postgres)),
        ("sqlite:x", Some(Engine::Sqlite)),
        ("sqlite://x", Some(Engine::Sqlite)),
        (":memory:", Some(Engine::Sqlite)),
        ("data/dev.db", Some(Engine::Sqlite)),
        ("a=b/dev.sqlite3", Some(Engine::Postgres)),
        ("./a=b/dev.sqlite3", Some(Engine::Sqlite)),
        ("DEV.SQLITE", Some(Engine::Sqlite)),
        ("mysql://u:p@localhost/x.db", None),
        ("studio", None),
        ("postgres:studio", None),
    ] {
        assert_eq!(Engine::of(text), engine, "{text}");
    }
}

#[cfg(all(feature = "postgres", feature = "sqlite"))]
#[test]
fn addresses_are_shown_and_serialized_without_their_password() {
    for (text, shown) in [
        (
            "postgres://ada:secret@localhost/studio",
            "ada@localhost:5432/studio",
        ),
        ("sqlite:dev.db", "dev.db"),
    ] {
        let address: DatabaseAddress = text.parse().expect(text);
        assert_eq!(address.to_string(), shown);
        assert_eq!(format!("{address:?}"), shown);
        assert_eq!(serde_json::to_value(&address).expect("a string"), shown);
    }
}

#[cfg(not(feature = "postgres"))]
#[test]
fn an_engine_that_is_not_compiled_in_is_named() {
    let error = DatabaseAddress::parse("postgres://localhost/x").expect_err("not compiled");
    assert_eq!(
        error,
        AddressError::EngineNotCompiled {
            engine: Engine::Postgres
        }
    );
}

#[cfg(not(feature = "sqlite"))]
#[test]
fn an_engine_that_is_not_compiled_in_is_named() {
    let error = DatabaseAddress::parse("sqlite:x").expect_err("not compiled");
    assert_eq!(
        error,
        AddressError::EngineNotCompiled {
            engine: Engine::Sqlite
        }
    );
}
