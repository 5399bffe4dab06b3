//! A password or a key that stands in a file, and so in the history of its repository.
//!
//! The forms of keys are those that their makers publish for scanners
//! (<https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns>).

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::lint::context::Context;
use crate::lint::rule::{BOTH, Claim, Example, Hit, Needs, Rule};
use crate::sql::{Dialect, Phrase, Span, Token, TokenKind};

const POSTGRES: &[Engine] = &[Engine::Postgres];

pub(super) const RULE: Rule = Rule {
    name: "secret-literal",
    level: Level::Error,
    ways: BOTH,
    needs: Needs::Files,
    finds: "a role's password, or what has the form of a key or of an address with a password",
    hurts: "whoever can read the repository, now or later, can use it; the history of the migrations keeps it too",
    instead: "Set it by hand, or by a program that reads it from a variable, and change the one that was committed.",
    examples: &[
        Example {
            engines: POSTGRES,
            up: "CREATE ROLE app LOGIN PASSWORD 'hunter2';",
            claim: Claim::NotRun,
            ..Example::BAD
        },
        Example {
            before: "CREATE TABLE settings (word TEXT);",
            up: "INSERT INTO settings VALUES ('AKIAIOSFODNN7EXAMPLE');",
            ..Example::BAD
        },
        Example {
            before: "CREATE TABLE settings (word TEXT);",
            up: "INSERT INTO settings VALUES ('postgres://app:hunter2@db.example.org/app');",
            ..Example::BAD
        },
        Example {
            before: "CREATE TABLE settings (word TEXT);",
            up: "-- the key: ghp_0123456789abcdefghijABCDEFGHIJ012345\nINSERT INTO settings VALUES ('x');",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            up: "CREATE SUBSCRIPTION s CONNECTION 'host=db dbname=app user=app password=hunter2' PUBLICATION p;",
            claim: Claim::NotRun,
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            up: "DO $$ BEGIN\n  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'app') THEN\n    CREATE ROLE app LOGIN PASSWORD 'hunter2';\n  END IF;\nEND $$;",
            claim: Claim::NotRun,
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            up: "DO $do$ BEGIN\n  EXECUTE 'CREATE ROLE app LOGIN PASSWORD ''hunter2''';\nEND $do$;",
            claim: Claim::NotRun,
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            up: "CREATE ROLE app LOGIN;\nALTER ROLE app PASSWORD NULL;",
            claim: Claim::NotRun,
            ..Example::GOOD
        },
        Example {
            before: "CREATE TABLE settings (word TEXT, password TEXT);",
            up: "INSERT INTO settings VALUES ('postgres://app@db.example.org/app', 'password');\nINSERT INTO settings VALUES ('AKIA is how such keys begin', 'sk_live_');",
            ..Example::GOOD
        },
        Example {
            // A variable that something fills in.
            engines: POSTGRES,
            up: "CREATE ROLE app LOGIN PASSWORD '${APP_PASSWORD}';",
            claim: Claim::NotRun,
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            up: "DO $$ BEGIN\n  CREATE ROLE app LOGIN;\n  ALTER ROLE app PASSWORD '${APP_PASSWORD}';\nEND $$;",
            claim: Claim::NotRun,
            ..Example::GOOD
        },
        Example {
            before: "CREATE TABLE settings (word TEXT);",
            up: "INSERT INTO settings VALUES ('host=db password=${PASSWORD}'), ('password=required'), ('user= password=');",
            ..Example::GOOD
        },
    ],
    check,
};

/// How keys begin, how many letters follow at least, and which ones besides letters and digits.
const KEYS: [(&str, usize, &str); 12] = [
    ("AKIA", 16, ""),
    ("ASIA", 16, ""),
    ("ghp_", 36, ""),
    ("gho_", 36, ""),
    ("ghs_", 36, ""),
    ("github_pat_", 22, "_"),
    ("glpat-", 20, "-_"),
    ("sk_live_", 24, ""),
    ("rk_live_", 24, ""),
    ("xoxb-", 20, "-"),
    ("xoxp-", 20, "-"),
    ("AIza", 35, "-_"),
];

fn check(context: &Context<'_>) -> Vec<Hit> {
    let script = &context.way.script;
    let text = script.text();
    let mut hits = Vec::new();
    for token in context.grammar.dialect().lex(text) {
        let is_looked_at = matches!(token.kind, TokenKind::String | TokenKind::Comment);
        let found = is_looked_at
            .then(|| key(&text[token.span.range()]))
            .flatten();
        hits.extend(found.map(|what| Hit::new(token.span, what)));
    }
    for (index, statement) in script.statements().iter().enumerate() {
        let dialect = context.grammar.dialect();
        let found = script.with_phrase(index, |statement| password(statement, dialect));
        hits.extend(found.map(|span| {
            let start = statement.span.start;
            let span = Span {
                start: start + span.start,
                end: start + span.end,
            };
            Hit::new(span, "the password of a role stands here")
        }));
    }
    hits
}

/// Returns what kind of key, or address, a text holds.
fn key(text: &str) -> Option<String> {
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        return Some("a private key stands here".to_owned());
    }
    for (begin, length, also) in KEYS {
        let of_key = |letter: char| letter.is_ascii_alphanumeric() || also.contains(letter);
        let found = text.match_indices(begin).any(|(at, _)| {
            let is_word = !text[..at].ends_with(|letter: char| letter.is_ascii_alphanumeric());
            let rest = &text[at + begin.len()..];
            is_word && rest.chars().take_while(|letter| of_key(*letter)).count() >= length
        });
        if found {
            return Some(format!("what begins with `{begin}` has the form of a key"));
        }
    }
    (has_password(text) || has_password_option(text))
        .then(|| "an address with a password stands here".to_owned())
}

/// Returns whether a text is an address in libpq's other form, `host=… password=…`, with a password
/// in it.
fn has_password_option(text: &str) -> bool {
    let options: Vec<(&str, &str)> = text
        .trim_matches(['\'', '$', '"'])
        .split_whitespace()
        .filter_map(|option| option.split_once('='))
        .collect();
    let is_address = options
        .iter()
        .any(|(key, _)| ["host", "hostaddr", "dbname", "user", "port"].contains(key));
    let mut passwords = options.iter().filter(|(key, _)| *key == "password");
    let is_said = |value: &str| !value.is_empty() && !is_filled_in(value);
    is_address && passwords.any(|(_, value)| is_said(value.trim_matches('\'')))
}

/// Returns whether a text holds an address with a password in it.
fn has_password(text: &str) -> bool {
    text.match_indices("://").any(|(at, mark)| {
        let rest = &text[at + mark.len()..];
        let authority = rest
            .split(['/', '\'', ' ', '\n'])
            .next()
            .unwrap_or_default();
        let user = authority
            .rsplit_once('@')
            .and_then(|(user, _)| user.split_once(':'));
        user.is_some_and(|(_, password)| !is_filled_in(password))
    })
}

/// Returns where the password of a role is; in a `DO` block, where its text is.
fn password(statement: Phrase<'_>, dialect: &'static dyn Dialect) -> Option<Span> {
    if statement.is_word(0, "DO") {
        let mut texts = statement.tokens().iter().enumerate();
        return texts.find_map(|(place, token)| {
            let is_text = token.kind == TokenKind::String;
            let holds = is_text && holds_password(statement.text_at(place), dialect);
            holds.then_some(token.span)
        });
    }
    if !statement.is_any_word(0, &["CREATE", "ALTER"])
        || !statement.is_any_word(1, &["ROLE", "USER", "GROUP"])
    {
        return None;
    }
    password_behind(statement, 2)
}

/// Returns where the next password is, from a token on.
fn password_behind(statement: Phrase<'_>, from: usize) -> Option<Span> {
    let places = from..statement.tokens().len();
    let mut passwords = places.filter(|index| {
        let is_text = statement.kind_at(index + 1) == Some(TokenKind::String);
        statement.is_word(*index, "PASSWORD") && is_text
    });
    let index = passwords.next()? + 1;
    let literal = statement.text_at(index).trim_matches('\'');
    (!is_filled_in(literal)).then(|| statement.tokens()[index].span)
}

/// Returns whether a literal holds a statement that gives a role a password, or a literal that does.
fn holds_password(literal: &str, dialect: &'static dyn Dialect) -> bool {
    let inner = text_within(literal);
    if inner.len() >= literal.len() || !inner.to_uppercase().contains("PASSWORD") {
        return false;
    }
    let mut tokens = dialect.lex(&inner);
    tokens.retain(Token::is_significant);
    let mut statements = tokens.split(|token| &inner[token.span.range()] == ";");
    statements.any(|tokens| {
        let statement = Phrase::new(&inner, tokens);
        let begins = |place: &usize| {
            statement.is_any_word(*place, &["CREATE", "ALTER"])
                && statement.is_any_word(place + 1, &["ROLE", "USER", "GROUP"])
        };
        let mut places = 0..tokens.len();
        let begun = places.clone().find(begins);
        begun.is_some_and(|place| password_behind(statement, place).is_some())
            || places.any(|place| {
                statement.kind_at(place) == Some(TokenKind::String)
                    && holds_password(statement.text_at(place), dialect)
            })
    })
}

/// Returns the text of a literal, of either form of quotes.
fn text_within(literal: &str) -> String {
    let of_dollars = literal.strip_prefix('$').and_then(|rest| {
        let (tag, rest) = rest.split_once('$')?;
        rest.strip_suffix(&format!("${tag}$"))
    });
    of_dollars.map_or_else(
        || literal.trim_matches('\'').replace("''", "'"),
        str::to_owned,
    )
}

/// Returns whether something puts the password in later, or there is none.
fn is_filled_in(password: &str) -> bool {
    let marks = ["${", "{{", "<", "%", ":'"];
    let is_mask = password.chars().all(|letter| letter == '*');
    is_mask || marks.iter().any(|mark| password.starts_with(mark))
}
