//! Tests of PostgreSQL addresses: what is shown, what is handed on, what is refused.

use super::parameters::KEYWORDS;
use super::*;
use proptest::prelude::*;

fn address(text: &str) -> PostgresAddress {
    PostgresAddress::parse(text).expect(text)
}

#[test]
fn the_target_is_shown_with_its_defaults() {
    for (text, shown) in [
        ("postgres://", "localhost:5432"),
        (
            "postgres://ada:secret@db.example.com/studio",
            "ada@db.example.com:5432/studio",
        ),
        ("postgres://ada@h1:1,h2/studio", "ada@h1:1,h2:5432/studio"),
        ("postgres://ada@[::1]:5433/studio", "ada@[::1]:5433/studio"),
        (
            "postgres://ada@%2Fvar%2Frun%2Fpostgresql/studio",
            "ada@/var/run/postgresql:5432/studio",
        ),
        (
            "host=/tmp user=ada password=secret dbname=studio",
            "ada@/tmp:5432/studio",
        ),
        ("hostaddr=10.0.0.1 port=5433", "10.0.0.1:5433"),
        ("host=a,b port=6000 user=ada", "ada@a:6000,b:6000/ada"),
        ("service=live user=ada", "ada@localhost:5432"),
    ] {
        assert_eq!(address(text).to_string(), shown, "{text}");
        assert_eq!(format!("{:?}", address(text)), shown, "{text}");
    }
}

#[test]
fn the_canonical_uri_names_every_parameter() {
    for (text, url) in [
        (
            "host=localhost dbname=studio",
            "postgresql://localhost/studio",
        ),
        (
            "host=/tmp user=ada password='a b' dbname=studio",
            "postgresql://ada:a%20b@%2Ftmp/studio",
        ),
        (
            "host=a,b port=6000 sslmode=require options='-c a=b'",
            "postgresql://a:6000,b:6000?sslmode=require&options=-c%20a%3Db",
        ),
        (
            "postgres://[fe80::1%25eth0]:5433/x",
            "postgresql://[fe80::1%25eth0]:5433/x",
        ),
        ("password=secret", "postgresql://:secret@"),
        ("port=5433", "postgresql://:5433"),
    ] {
        assert_eq!(address(text).url(), url, "{text}");
    }
}

#[test]
fn blanks_around_an_address_are_no_part_of_it_unless_escaped() {
    assert_eq!(address(" postgres://h/x\n").to_string(), "h:5432/x");
    assert_eq!(address(r" password=a\ ").parameter("password"), Some("a "));
}

#[test]
fn the_last_value_of_a_keyword_counts() {
    let address = address("postgres://ada@localhost:1/studio?port=2&port=3&user=bob");
    assert_eq!(
        address.conninfo(),
        "user='bob' host='localhost' port='3' dbname='studio'"
    );
}

#[test]
fn another_database_on_the_same_server_keeps_the_rest() {
    let other = address("postgres://ada:secret@h/studio?sslmode=require").with_database("postgres");
    assert_eq!(other.database(), Some("postgres"));
    assert_eq!(
        other.conninfo(),
        "user='ada' password='secret' host='h' dbname='postgres' sslmode='require'"
    );
}

#[test]
fn unknown_parameters_are_refused_with_a_suggestion_and_never_quoted() {
    for (text, suggestion) in [
        ("postgres://h/db?sslmod=require", Some("sslmode")),
        ("host=h database=studio", Some("dbname")),
        ("host=h password=my s3cret=x", None),
    ] {
        let error = PostgresAddress::parse(text).expect_err(text);
        assert_eq!(
            error,
            AddressError::UnknownParameter { suggestion },
            "{text}"
        );
    }
}

#[test]
fn ports_that_libpq_would_quote_are_refused_here() {
    for text in [
        "postgres://u:secret/x",
        "postgres://h:0/x",
        "postgres://h:65536/x",
        "port=+5",
        "port='5 '",
    ] {
        assert_eq!(
            PostgresAddress::parse(text),
            Err(AddressError::InvalidPort),
            "{text}"
        );
    }
    let uneven = PostgresAddress::parse("host=a,b,c port=1,2");
    assert_eq!(
        uneven,
        Err(AddressError::PortsDoNotMatchHosts { hosts: 3, ports: 2 })
    );
}

#[test]
fn a_login_where_it_would_be_shown_is_refused() {
    for (text, part) in [
        ("dbname=postgres://u:secret@h/x", "name of the database"),
        ("dbname='host=h password=secret'", "name of the database"),
        ("postgres://h/u%3Asecret%40h", "name of the database"),
        ("host=u:secret@h", "host"),
        ("hostaddr=u:secret@10.0.0.1", "host"),
        ("user=u:secret@h", "user"),
    ] {
        assert_eq!(
            PostgresAddress::parse(text),
            Err(AddressError::LoginInside { part }),
            "{text}"
        );
    }
    for text in [
        "host=@abstract/socket user=ada@corp dbname=x",
        "host=fe80::1",
    ] {
        address(text);
    }
}

#[test]
fn nul_characters_are_refused() {
    for text in ["postgres://u:a%00b@h/x", "password=a\0b"] {
        assert_eq!(
            PostgresAddress::parse(text),
            Err(AddressError::NulCharacter),
            "{text:?}"
        );
    }
}

#[test]
fn variables_of_libpq_fill_in_what_the_address_leaves_open() {
    let variables = |name: &str| match name {
        "PGHOST" => Some("db.internal".to_owned()),
        "PGUSER" => Some("ada".to_owned()),
        "PGPORT" => Some("not a port".to_owned()),
        _ => None,
    };
    assert_eq!(
        address("postgres://bob@h:1/x")
            .with_defaults(variables)
            .to_string(),
        "bob@h:1/x"
    );
    let without_port = |name: &str| variables(name).filter(|_| name != "PGPORT");
    assert_eq!(
        address("dbname=x").with_defaults(without_port).to_string(),
        "ada@db.internal:5432/x"
    );
    assert_eq!(
        address("hostaddr=10.0.0.1 dbname=x")
            .with_defaults(without_port)
            .to_string(),
        "ada@10.0.0.1:5432/x"
    );
    assert_eq!(
        address("service=live").with_defaults(without_port),
        address("service=live")
    );
    assert_eq!(
        address("dbname=x").with_defaults(variables),
        address("dbname=x")
    );
}

#[test]
fn every_keyword_is_listed_once_and_every_secret_is_a_keyword() {
    assert!(KEYWORDS.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(SECRETS.iter().all(|secret| KEYWORDS.contains(secret)));
}

proptest! {
    #[test]
    fn any_password_survives_every_form(password in "[^\0]{1,20}", user in "[^\0@]{1,8}", host in "[^\0,@]{1,8}") {
        let parts = AddressParts {
            host: Some(&host), port: Some("5433"), user: Some(&user), password: Some(&password), database: Some("studio"),
        };
        let built = PostgresAddress::from_parts(&parts).expect("no part is malformed");
        prop_assert_eq!(built.parameter("password"), Some(password.as_str()));
        prop_assert_eq!(&address(&built.conninfo()), &built);
        prop_assert_eq!(&address(&built.url()), &built);
    }

    #[test]
    fn the_password_changes_nothing_that_is_shown(password in "[^\0]{1,20}") {
        let bare = AddressParts { host: Some("h"), user: Some("u"), ..AddressParts::default() };
        let without = PostgresAddress::from_parts(&bare).expect("valid");
        let with = PostgresAddress::from_parts(&AddressParts { password: Some(&password), ..bare }).expect("valid");
        prop_assert_eq!(with.to_string(), without.to_string());
        prop_assert_eq!(format!("{with:?}"), format!("{without:?}"));
    }

    #[test]
    fn no_text_at_all_makes_the_parser_panic(text in "(postgres://)?[a-z@:/?%&=\\[\\],' \\\\é]{0,30}") {
        if let Ok(parsed) = PostgresAddress::parse(&text) {
            prop_assert_eq!(&address(&parsed.conninfo()), &parsed);
        }
    }
}

#[test]
fn it_is_known_who_asks_for_no_proof_of_the_server() {
    for (text, asks_for_none) in [
        ("host=h", true),
        ("host=h sslmode=require", true),
        ("host=localhost,h", true),
        ("hostaddr=10.0.0.1", true),
        ("host=h sslmode=verify-ca", false),
        ("host=h sslmode=verify-full", false),
        ("host=h sslmode=require sslrootcert=ca.crt", false),
        ("host=localhost", false),
        ("host=127.0.0.2 sslmode=require", false),
        ("host=/run/postgresql", false),
        ("dbname=x", false),
    ] {
        let asks = address(text).asks_for_no_proof(|_| None);
        assert_eq!(asks, asks_for_none, "{text}");
    }
    let set = |name: &str| (name == "PGSSLMODE").then(|| "verify-full".to_owned());
    assert!(!address("host=h").asks_for_no_proof(set));
    let far = |name: &str| (name == "PGHOST").then(|| "h".to_owned());
    assert!(address("dbname=x").asks_for_no_proof(far));
}
