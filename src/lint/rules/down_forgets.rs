//! A way down that does not mention what its way up made.
//!
//! KingYoSun/kukuri's pull request 458 found three such ways down, which a full round trip had hidden.

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::lint::context::{Context, Way};
use crate::lint::rule::{Claim, DOWN, Example, Hit, Needs, Rule};
use crate::sql::effect::{Action, Effect, EffectKind, Name, ObjectKind};
use crate::sql::{Phrase, TokenKind};

const POSTGRES: &[Engine] = &[Engine::Postgres];

pub(super) const RULE: Rule = Rule {
    name: "down-forgets",
    level: Level::Warning,
    ways: DOWN,
    needs: Needs::Files,
    finds: "a way down that does not mention a table, a column or another object that its way up made",
    hurts: "what it leaves is in the way when the migration is applied again, and nobody knows of it until then",
    instead: "Undo all that the way up makes, in reverse order; `dieselkit redo` goes down and up again.",
    examples: &[
        Example {
            up: "CREATE TABLE users (id INTEGER PRIMARY KEY);\nCREATE TABLE teams (id INTEGER PRIMARY KEY);",
            down: Some("DROP TABLE IF EXISTS users;"),
            ..Example::BAD
        },
        Example {
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            up: "ALTER TABLE users ADD COLUMN phone TEXT;\nCREATE INDEX users_phone ON users (phone);",
            down: Some("DROP INDEX IF EXISTS users_phone;\n"),
            ..Example::BAD
        },
        Example {
            // Without quotes it is another name.
            engines: POSTGRES,
            up: "CREATE TABLE \"Users\" (id INT);",
            down: Some("DROP TABLE IF EXISTS Users;"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            up: "CREATE TABLE users (id INT);",
            down: Some("DROP TABLE IF EXISTS other.users;"),
            ..Example::BAD
        },
        Example {
            up: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            down: Some("SELECT 'users';"),
            ..Example::BAD
        },
        Example {
            // What is published is no part of the table.
            engines: POSTGRES,
            up: "CREATE TABLE users (id INT);\nCREATE PUBLICATION lost_news FOR TABLE users;",
            down: Some("DROP TABLE IF EXISTS users CASCADE;"),
            ..Example::BAD
        },
        Example {
            // A subscription keeps its database from being dropped.
            engines: POSTGRES,
            up: "CREATE SUBSCRIPTION news CONNECTION 'dbname=other' PUBLICATION all_news WITH (connect = false);",
            down: Some("SELECT 1;"),
            claim: Claim::NotRun,
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            up: "CREATE FOREIGN DATA WRAPPER lost_wrapper;\nCREATE SERVER lost_server FOREIGN DATA WRAPPER lost_wrapper;",
            down: Some("SELECT 1;"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: "CREATE TABLE users (id INT, phone TEXT);",
            up: "CREATE STATISTICS lost_statistics (ndistinct) ON id, phone FROM users;\nCREATE COLLATION lost_collation (locale = 'C');\nCREATE TEXT SEARCH CONFIGURATION lost_words (COPY = simple);",
            down: Some("ALTER TABLE users ALTER COLUMN phone SET NOT NULL;"),
            ..Example::BAD
        },
        Example {
            up: "CREATE TABLE users (id INTEGER PRIMARY KEY);\nCREATE TABLE teams (id INTEGER PRIMARY KEY);",
            down: Some("DROP TABLE IF EXISTS teams;\nDROP TABLE IF EXISTS \"users\";"),
            ..Example::GOOD
        },
        Example {
            // The index goes with its table.
            up: "CREATE TABLE users (id INTEGER PRIMARY KEY, phone TEXT);\nCREATE INDEX users_phone ON users (phone);\nALTER TABLE users ADD COLUMN name TEXT;",
            down: Some("DROP TABLE IF EXISTS users;"),
            ..Example::GOOD
        },
        Example {
            // It may have been there before, and is gone again.
            up: "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY);\nCREATE TEMPORARY TABLE heap (id INTEGER);\nCREATE TABLE other (id INTEGER);\nDROP TABLE other;",
            down: Some("SELECT 1;"),
            ..Example::GOOD
        },
        Example {
            // A table that is made anew has its old name in the end.
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY, age TEXT);",
            up: "CREATE TABLE users_new (id INTEGER PRIMARY KEY, age INTEGER);\nINSERT INTO users_new SELECT id, 7 FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;",
            down: Some(
                "CREATE TABLE users_old (id INTEGER PRIMARY KEY, age TEXT);\nINSERT INTO users_old SELECT id, 'x' FROM users;\nDROP TABLE users;\nALTER TABLE users_old RENAME TO users;",
            ),
            ..Example::GOOD
        },
        Example {
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            up: "INSERT INTO users VALUES (1);",
            down: Some("DELETE FROM users WHERE id = 1;"),
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            up: "CREATE TABLE \"Users\" (id INT);\nCREATE TABLE teams (id INT);",
            down: Some(
                "DO $$ BEGIN\n  EXECUTE format('DROP TABLE %I', 'Users');\nEND $$;\nDROP TABLE IF EXISTS public.teams;",
            ),
            ..Example::GOOD
        },
        Example {
            // All goes with the schema.
            engines: POSTGRES,
            up: "CREATE SCHEMA shop;\nCREATE TABLE shop.users (id INT);\nCREATE INDEX users_id ON shop.users (id);",
            down: Some("DROP SCHEMA IF EXISTS shop CASCADE;"),
            ..Example::GOOD
        },
        Example {
            // Statistics go with their table.
            engines: POSTGRES,
            up: "CREATE TABLE users (id INT, phone TEXT);\nCREATE STATISTICS of_users ON id, (phone || 'x') FROM users;\nCREATE PUBLICATION news FOR TABLE users;",
            down: Some("DROP PUBLICATION IF EXISTS news;\nDROP TABLE IF EXISTS users;"),
            ..Example::GOOD
        },
        Example {
            // A server goes with its wrapper, and a cast has no name.
            engines: POSTGRES,
            before: "CREATE FUNCTION as_text(POINT) RETURNS TEXT IMMUTABLE LANGUAGE sql AS $$ SELECT 'x' $$;",
            up: "CREATE FOREIGN DATA WRAPPER wrapper;\nCREATE SERVER far FOREIGN DATA WRAPPER wrapper;\nCREATE USER MAPPING FOR PUBLIC SERVER far;\nCREATE CAST (POINT AS TEXT) WITH FUNCTION as_text(POINT);",
            down: Some("DROP FOREIGN DATA WRAPPER IF EXISTS wrapper CASCADE;"),
            ..Example::GOOD
        },
        Example {
            // And both go with their extension.
            engines: POSTGRES,
            up: "CREATE EXTENSION file_fdw;\nCREATE SERVER files FOREIGN DATA WRAPPER file_fdw;",
            down: Some("DROP EXTENSION IF EXISTS file_fdw CASCADE;"),
            claim: Claim::NotRun,
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let (down, Some(up)) = (context.way, context.other) else {
        return Vec::new();
    };
    // An empty way down is found by `check`, and says so itself.
    if down.script.is_empty() {
        return Vec::new();
    }
    let mentioned = mentioned(down);
    let path_is_set = [down, up].iter().any(|way| sets_search_path(way));
    let forgotten = up.effects().filter_map(|(index, effect)| {
        let made = made(up, index, effect)?;
        let mut wanted = made.names.iter();
        let is_mentioned = wanted.any(|wanted| {
            let mut said = mentioned.iter();
            said.any(|said| is_it(said, wanted, path_is_set))
        });
        (!is_mentioned).then_some(made.told)
    });
    let hit = |told| {
        Hit::new(
            down.head(),
            format!("it does not mention {told}, which the way up makes"),
        )
    };
    forgotten.map(hit).collect()
}

/// Returns whether a name that is mentioned is one that is wanted. What the way up makes without a
/// schema is in the first of the search path, which no migration names but `public` and `main`.
fn is_it(said: &Name, wanted: &Name, path_is_set: bool) -> bool {
    if said.name != wanted.name {
        return false;
    }
    match (&said.schema, &wanted.schema) {
        (Some(said), Some(wanted)) => said == wanted,
        (Some(said), None) => path_is_set || ["public", "main"].contains(&said.as_str()),
        (None, _) => true,
    }
}

fn sets_search_path(way: &Way<'_>) -> bool {
    way.script.text().to_lowercase().contains("search_path")
}

/// Something that is to be undone.
struct Made {
    /// How it is told.
    told: String,
    /// The names any of which shows that somebody thought of it: its own, and that of what takes it
    /// along.
    names: Vec<Name>,
}

/// Returns what a change of the way up makes, as far as it outlives that way.
fn made(up: &Way<'_>, index: usize, effect: &Effect) -> Option<Made> {
    match &effect.kind {
        EffectKind::Create(created) => {
            let name = created.name.as_ref()?;
            let is_gone = created.temporary || created.or_existing || goes(up, index, name);
            (!is_gone && created.kind != ObjectKind::Other).then(|| Made {
                told: format!("`{name}`"),
                names: [
                    with_parents(up, name.clone(), created.on.as_ref()),
                    wrappers(up, created.kind),
                ]
                .concat(),
            })
        }
        EffectKind::Alter(altered) => {
            let (what, name) = match &altered.action {
                Action::AddColumn(added) if !added.if_not_exists => ("column", &added.name),
                Action::AddConstraint(added) => ("constraint", added.name.as_ref()?),
                _ => return None,
            };
            let (table, own) = (&altered.table, alone(name));
            Some(Made {
                told: format!("the {what} `{name}` of `{table}`"),
                names: with_parents(up, own, Some(table)),
            })
        }
        _ => None,
    }
}

fn alone(name: &str) -> Name {
    Name {
        schema: None,
        name: name.to_owned(),
    }
}

/// Returns the names of a thing and, where the same way up makes them, of the table and of the schema
/// that take it along.
fn with_parents(up: &Way<'_>, own: Name, table: Option<&Name>) -> Vec<Name> {
    let is_made = |wanted: &Name, kind: ObjectKind| {
        let mut made = up.effects().filter_map(|(_, effect)| match &effect.kind {
            EffectKind::Create(created) if created.kind == kind => created.name.as_ref(),
            _ => None,
        });
        made.any(|made| made.may_be(wanted))
    };
    let schemas = [Some(&own), table].into_iter().flatten();
    let schemas = schemas.filter_map(|name| name.schema.as_deref().map(alone));
    let parents: Vec<Name> = schemas
        .filter(|schema| is_made(schema, ObjectKind::Schema))
        .chain(
            table
                .filter(|table| {
                    [ObjectKind::Table, ObjectKind::View]
                        .iter()
                        .any(|kind| is_made(table, *kind))
                })
                .cloned(),
        )
        .collect();
    [vec![own], parents].concat()
}

/// Returns what the way up makes that takes a server along.
fn wrappers(up: &Way<'_>, kind: ObjectKind) -> Vec<Name> {
    if kind != ObjectKind::Server {
        return Vec::new();
    }
    let made = up.effects().filter_map(|(_, effect)| match &effect.kind {
        EffectKind::Create(created) => match created.kind {
            ObjectKind::Extension | ObjectKind::Named => created.name.clone(),
            _ => None,
        },
        _ => None,
    });
    made.collect()
}

/// Returns whether something is dropped, or gets another name, later in the same way.
fn goes(up: &Way<'_>, index: usize, name: &Name) -> bool {
    let mut later = up.effects().filter(|(later, _)| *later > index);
    later.any(|(_, effect)| match &effect.kind {
        EffectKind::Drop(dropped) => dropped.names.iter().any(|gone| gone.may_be(name)),
        EffectKind::Alter(altered) => {
            matches!(altered.action, Action::RenameTo { .. }) && altered.table.may_be(name)
        }
        _ => false,
    })
}

/// Returns every name in a way, and every word of the texts that it runs, or gives to a function: a
/// `DO` block drops by them too. A text that it only shows drops nothing.
fn mentioned(way: &Way<'_>) -> Vec<Name> {
    let dialect = way.script.dialect();
    let mut names = Vec::new();
    for index in 0..way.script.statements().len() {
        way.script.with_phrase(index, |statement| {
            let runs_texts = statement.is_word(0, "DO") || calls(statement);
            let is_name = |place: usize| {
                matches!(
                    statement.kind_at(place),
                    Some(TokenKind::Word | TokenKind::QuotedIdentifier)
                )
            };
            for place in 0..statement.tokens().len() {
                let text = statement.text_at(place);
                if is_name(place) {
                    let is_qualified =
                        place >= 2 && statement.is_mark(place - 1, ".") && is_name(place - 2);
                    names.push(Name {
                        schema: is_qualified
                            .then(|| dialect.identifier(statement.text_at(place - 2))),
                        name: dialect.identifier(text),
                    });
                } else if runs_texts && statement.kind_at(place) == Some(TokenKind::String) {
                    names.extend(words(text));
                }
            }
        });
    }
    names
}

/// Returns whether a statement calls a function.
fn calls(statement: Phrase<'_>) -> bool {
    let mut places = 1..statement.tokens().len();
    places.any(|place| {
        statement.is_mark(place, "(")
            && statement.kind_at(place - 1) == Some(TokenKind::Word)
            && !statement.is_any_word(place - 1, &["VALUES", "IN", "AS", "AND", "OR"])
    })
}

/// Returns every word of a text, as it is and in lower case.
fn words(text: &str) -> Vec<Name> {
    let is_of_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    let whole = text.trim_matches('\'');
    let words = text.split(|letter| !is_of_word(letter));
    let words = words.chain([whole]).filter(|word| !word.is_empty());
    words
        .flat_map(|word| [alone(word), alone(&word.to_lowercase())])
        .collect()
}
