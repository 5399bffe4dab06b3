//! A command line, typed again.

use super::*;

fn again(line: &str) -> Again {
    let words = std::iter::once("dieselkit").chain(line.split_whitespace());
    crate::args::parse(&words.map(Into::into).collect::<Vec<_>>())
        .expect(line)
        .again
}

#[test]
fn a_command_line_is_repeated_as_it_was_meant() {
    for line in [
        "up",
        "up --to 20260101000000 --dry-run",
        "rollback --batch --yes",
        "rollback --batch 3",
        "db create --env test",
        "status --verbose --verbose",
        "resolve 7 --applied --reason why",
    ] {
        assert_eq!(again(line).line(), format!("dieselkit {line}"));
    }
    assert_eq!(
        again("-e test migrate --steps=2 -q").line(),
        "dieselkit up --steps 2 --env test --quiet"
    );
}

#[test]
fn a_flag_is_replaced_where_it_was_typed_already() {
    let typed = again("rollback --confirm other --env test");
    assert_eq!(
        typed.with("--confirm", Some("the studio")),
        "dieselkit rollback --env test --confirm 'the studio'"
    );
}

// Without SQLite, its addresses are not understood, and so not repeated.
#[cfg(feature = "sqlite")]
#[test]
fn a_hint_repeats_where_the_command_worked() {
    let typed = again("up --steps 1 -e test --database-url sqlite:my.db --migrations other");
    for (hint, completed) in [
        (
            "`dieselkit db create`",
            "`dieselkit db create --env test --database-url sqlite:my.db --migrations other`",
        ),
        (
            "by `--env x`, or `dieselkit new undo`",
            "by `--env x`, or `dieselkit new undo --migrations other`",
        ),
        (
            "`dieselkit up --env x --all`",
            "`dieselkit up --env x --all --database-url sqlite:my.db --migrations other`",
        ),
        ("`dieselkit --help`", "`dieselkit --help`"),
        ("`ls -l dieselkit `", "`ls -l dieselkit `"),
    ] {
        assert_eq!(typed.complete(hint), completed);
    }
}

#[test]
fn a_value_that_begins_with_a_dash_is_typed_as_one() {
    let words = [
        "dieselkit",
        "goto",
        "--migrations=-x y",
        "--yes",
        "--",
        "-5",
    ];
    let again = crate::args::parse(&words.map(Into::into))
        .expect("it can be typed")
        .again;
    assert_eq!(
        again.line(),
        "dieselkit goto --migrations='-x y' --yes -- -5"
    );
    assert_eq!(
        again.complete("`dieselkit new a`, `dieselkit up --migrations='-x y'`"),
        "`dieselkit new a --migrations='-x y'`, `dieselkit up --migrations='-x y'`"
    );
}

#[test]
fn an_answer_is_repeated_for_the_same_command_alone() {
    let typed = again("rollback --steps 2 --yes");
    assert_eq!(
        typed.complete("`dieselkit rollback`, `dieselkit redo`, `dieselkit rollback --yes`"),
        "`dieselkit rollback --yes`, `dieselkit redo`, `dieselkit rollback --yes`"
    );
    let typed = again("db drop --confirm studio");
    assert_eq!(
        typed.complete("`dieselkit db drop`, `dieselkit db create`"),
        "`dieselkit db drop --confirm studio`, `dieselkit db create`"
    );
}

#[test]
fn a_command_can_be_typed_without_its_backup() {
    for line in [
        "rollback --yes",
        "rollback --yes --backup",
        "rollback --yes --no-backup",
    ] {
        assert_eq!(
            again(line).without_backup(),
            "dieselkit rollback --yes --no-backup"
        );
    }
    assert_eq!(
        again("up --backup").complete("`dieselkit up --steps 2`, `dieselkit status`"),
        "`dieselkit up --steps 2 --backup`, `dieselkit status`"
    );
}

#[test]
fn a_hint_repeats_what_was_asked_for() {
    let typed = again("seed --only a --allow-pending --transaction batch");
    let line = "dieselkit seed --only a --allow-pending --transaction batch";
    for (hint, completed) in [
        ("mend it, `dieselkit seed`", format!("mend it, `{line}`")),
        (
            "`dieselkit seed --lock-wait 10m`",
            format!("`{line} --lock-wait 10m`"),
        ),
        (
            "`dieselkit seed --allow-pending`",
            "`dieselkit seed --only a --transaction batch --allow-pending`".to_owned(),
        ),
        (
            "`dieselkit seed --yes --only b`",
            "`dieselkit seed --allow-pending --transaction batch --yes --only b`".to_owned(),
        ),
        (
            "`dieselkit seed status`",
            "`dieselkit seed status`".to_owned(),
        ),
        ("`dieselkit up`", "`dieselkit up`".to_owned()),
    ] {
        assert_eq!(typed.instead_of_its_name(hint), completed);
    }
}

#[test]
fn a_hint_repeats_what_was_asked_for_beside_a_value_that_is_quoted() {
    let typed = again("restore p.sql --into taken --no-owner");
    for (hint, completed) in [
        (
            "`dieselkit restore --into 'rv4 a_2'`",
            "`dieselkit restore p.sql --no-owner --into 'rv4 a_2'`",
        ),
        (
            r"`dieselkit restore --into 'a b'\''c --d.db' --force`",
            r"`dieselkit restore p.sql --no-owner --into 'a b'\''c --d.db' --force`",
        ),
        (
            "`dieselkit restore --into='-a b'`",
            "`dieselkit restore p.sql --no-owner --into='-a b'`",
        ),
        (
            "`dieselkit restore --replace`",
            "`dieselkit restore p.sql --no-owner --replace`",
        ),
        (
            "`dieselkit restore 'another one'`",
            "`dieselkit restore 'another one'`",
        ),
    ] {
        assert_eq!(typed.instead_of_its_name(hint), completed);
    }
}

#[test]
fn a_password_is_not_repeated() {
    for url in [
        "postgres://u:s3cret@h/db",
        "host=h password=s3cret",
        "postgres://h/db?password=s3cret",
        "postgres:/u:s3cret@h/db",
    ] {
        let words = [
            "dieselkit",
            "status",
            "--env",
            "test",
            "--database-url",
            url,
        ];
        let again = crate::args::parse(&words.map(Into::into)).expect(url).again;
        let hint = again.complete("`dieselkit db create`");
        assert_eq!(
            hint,
            "`dieselkit db create --env test --database-url URL` \
             (URL is the address that you gave, which is not repeated here)"
        );
        assert!(!again.line().contains("s3cret"));
    }
}
