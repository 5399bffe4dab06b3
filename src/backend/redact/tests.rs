//! Passwords in every writing, and what is no password.

use super::*;
use proptest::prelude::*;

const NASTY: &str = r"p@ss:w/o%rd #\";

#[test]
fn every_writing_of_a_password_is_replaced() {
    let redactor = Redactor::for_secret(NASTY);
    for text in [
        NASTY.to_owned(),
        "p%40ss%3Aw%2Fo%25rd%20%23%5C".to_owned(),
        "p%40ss%3aw%2fo%25rd%20%23%5c".to_owned(),
        "p%40ss:w/o%25rd #%5C".to_owned(),
        r"p@ss:w/o%rd #\\".to_owned(),
        r"p@ss:w/o%rd #\\\\".to_owned(),
        "%70%40%73%73%3a%77%2f%6f%25%72%64%20%23%5c".to_owned(),
    ] {
        assert_eq!(
            redactor.redact(&format!("a {text} b {text}")),
            "a *** b ***",
            "{text}"
        );
    }
}

#[test]
fn backslashes_at_the_end_are_replaced_however_often_they_were_doubled() {
    let redactor = Redactor::for_secret(r"secret\\");
    for text in [r"secret\\", r"secret\\\\"] {
        assert_eq!(redactor.redact(&format!("'{text}'")), "'***'", "{text}");
    }
}

#[test]
fn a_text_without_the_secret_is_handed_back_as_it_is() {
    let text = "connection to server at \"localhost\" failed: Größe 100% \\";
    assert!(
        matches!(Redactor::for_secret(NASTY).redact(text), Cow::Borrowed(same) if same == text)
    );
}

#[test]
fn short_passwords_are_replaced_only_where_a_password_belongs() {
    let redactor = Redactor::for_secret("a");
    for (text, redacted) in [
        ("a database at a host", "a database at a host"),
        ("postgres://a:a@a/a", "postgres://a:***@a/a"),
        ("password=a host=a", "password=*** host=a"),
        ("password = 'a'", "password = '***'"),
        (r#"{"x":"password=\"a\""}"#, r#"{"x":"password=\"***\""}"#),
        ("PGPASSWORD=a psql", "PGPASSWORD=*** psql"),
    ] {
        assert_eq!(redactor.redact(text), redacted);
    }
}

#[test]
fn everything_that_may_be_a_password_in_a_broken_address_is_replaced() {
    for (text, redacted) in [
        (
            r"postgres://u:p@ss:w/o%rd #\@host/db",
            "postgres://u:***@host/db",
        ),
        ("mysql://u:secret@host/db", "mysql://u:***@host/db"),
        ("host=h password='secret x", "host=h password='***"),
        ("host=h password=secret dbname", "host=h password=***"),
        ("u:secret@h/x.db", "u:***@h/x.db"),
        ("sqlite:u:secret@h/x.db", "sqlite:***@h/x.db"),
        ("see: mail to a@b", "see: mail to a@b"),
        (
            "postgres://h/db?password=se%63ret&x",
            "postgres://h/db?password=***",
        ),
    ] {
        assert_eq!(Redactor::for_text(text).redact(text), redacted);
    }
    let redactor = Redactor::for_text("host=h password='secret' dbnam=x");
    assert_eq!(redactor.redact("it was secret"), "it was ***");
}

#[test]
fn redactors_can_be_joined() {
    let both = Redactor::for_secret("first").and(Redactor::for_secret("first and second"));
    assert_eq!(both.redact("first and second, first"), "***, ***");
}

proptest! {
    #[test]
    fn no_password_survives(password in "[^\0*]{4,20}", before in "[a-z ]{0,5}", after in "[a-z ]{0,5}") {
        let redactor = Redactor::for_secret(&password);
        let encoded = percent_encoding::utf8_percent_encode(&password, percent_encoding::NON_ALPHANUMERIC);
        for written in [password.clone(), encoded.to_string(), password.replace('\\', "\\\\").replace('\'', "\\'")] {
            let text = format!("{before}{written}{after}");
            let redacted = redactor.redact(&text);
            prop_assert!(!redacted.contains(&written), "{redacted}");
            prop_assert!(redacted.contains(MASK));
        }
    }

    #[test]
    fn no_password_survives_json(password in "[^\0*]{4,20}") {
        let json = serde_json::to_string(&password).expect("a string");
        prop_assert_eq!(Redactor::for_secret(&password).redact(&json), "\"***\"");
    }

    #[test]
    fn no_text_makes_the_redactor_panic(secret in any::<String>(), text in any::<String>()) {
        let redactor = Redactor::for_secret(&secret).and(Redactor::for_text(&text));
        let _ = redactor.redact(&format!("{text}{secret}{text}"));
    }
}
