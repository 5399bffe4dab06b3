//! A way down that destroys what its way up did not make.
//!
//! lobu-ai/lobu's pull request 989: the way down of a baseline was `DROP SCHEMA public CASCADE`.

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::lint::context::{Context, Way};
use crate::lint::rule::{DOWN, Example, Hit, Needs, Rule};
use crate::sql::effect::{Action, Becomes, Dropped, Effect, EffectKind, Name, ObjectKind, Verb};

const POSTGRES: &[Engine] = &[Engine::Postgres];

pub(super) const RULE: Rule = Rule {
    name: "down-destroys-more",
    level: Level::Error,
    ways: DOWN,
    needs: Needs::Files,
    finds: "a way down that drops a table or a column, or empties a table, that its way up did not make, or drops a schema with all that is in it, a type or an extension with every column of it, or all that a role owns",
    hurts: "a rollback of one migration destroys what others made, and what was written since",
    instead: "Drop by name what the way up makes; a migration that cannot be undone says so: `irreversible = \"why\"` in metadata.toml.",
    examples: &[
        Example {
            engines: POSTGRES,
            up: "CREATE TABLE users (id INT);",
            down: Some("DROP SCHEMA public CASCADE;"),
            ..Example::BAD
        },
        Example {
            before: "CREATE TABLE teams (id INTEGER PRIMARY KEY);",
            up: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            down: Some("DROP TABLE IF EXISTS users;\nDROP TABLE IF EXISTS teams;"),
            ..Example::BAD
        },
        Example {
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, phone TEXT);",
            up: "CREATE INDEX users_phone ON users (phone);",
            down: Some("DROP INDEX IF EXISTS users_phone;\nALTER TABLE users DROP COLUMN phone;"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            up: "CREATE TABLE users (id INT);",
            down: Some("DROP TABLE IF EXISTS users CASCADE;"),
            ..Example::GOOD
        },
        Example {
            // It only gave it this name.
            before: "CREATE TABLE people (id INTEGER PRIMARY KEY);",
            up: "ALTER TABLE people RENAME TO users;",
            down: Some("DROP TABLE users;"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            up: "CREATE SCHEMA shop;",
            down: Some("DROP SCHEMA IF EXISTS shop;"),
            ..Example::GOOD
        },
        Example {
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY, age TEXT);",
            up: "ALTER TABLE users RENAME COLUMN age TO years;",
            down: Some(
                "CREATE TABLE users_old (id INTEGER PRIMARY KEY, age TEXT);\nINSERT INTO users_old SELECT id, years FROM users;\nDROP TABLE users;\nALTER TABLE users_old RENAME TO users;",
            ),
            ..Example::GOOD
        },
        Example {
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            up: "ALTER TABLE users ADD COLUMN phone TEXT;\nALTER TABLE users RENAME TO people;",
            down: Some("ALTER TABLE people RENAME TO users;\nALTER TABLE users DROP COLUMN phone;"),
            ..Example::GOOD
        },
        Example {
            // The schema is its own.
            engines: POSTGRES,
            up: "CREATE SCHEMA shop;\nCREATE TABLE shop.users (id INT);",
            down: Some("DROP SCHEMA shop CASCADE;"),
            ..Example::GOOD
        },
        Example {
            // It made the table under another name.
            up: "CREATE TABLE users_new (id INTEGER PRIMARY KEY);\nALTER TABLE users_new RENAME TO users;",
            down: Some("DROP TABLE users;"),
            ..Example::GOOD
        },
        Example {
            // Every column of the type goes with it.
            engines: POSTGRES,
            before: "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE days (id INT, mood mood);",
            up: "ALTER TYPE mood ADD VALUE 'calm';",
            down: Some("DROP TYPE IF EXISTS mood CASCADE;"),
            ..Example::BAD
        },
        Example {
            // It may have been there before.
            engines: POSTGRES,
            up: "CREATE EXTENSION IF NOT EXISTS plpgsql;",
            down: Some("DROP EXTENSION IF EXISTS plpgsql CASCADE;"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            up: "CREATE TABLE users (id INT);",
            down: Some("DROP OWNED BY CURRENT_USER;"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            up: "CREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE days (id INT, mood mood);",
            down: Some("DROP TYPE IF EXISTS mood CASCADE;\nDROP TABLE IF EXISTS days;"),
            ..Example::GOOD
        },
        Example {
            // What it made is of that name in another schema.
            engines: POSTGRES,
            before: "CREATE SCHEMA shop; CREATE TABLE orders (id INT);",
            up: "CREATE TABLE shop.orders (id INT);",
            down: Some("DROP TABLE orders;"),
            ..Example::BAD
        },
        Example {
            // Where names without a schema are looked for, the database may say.
            engines: POSTGRES,
            before: "CREATE SCHEMA shop;",
            up: "CREATE TABLE orders (id INT);",
            down: Some("DROP TABLE IF EXISTS shop.orders;"),
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            before: "CREATE SCHEMA shop; CREATE TABLE shop.orders (id INT);",
            up: "CREATE TABLE orders (id INT);",
            down: Some("DROP TABLE IF EXISTS shop.orders;"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: "CREATE SCHEMA shop;",
            up: "CREATE TABLE public.bills (id INT);\nCREATE TABLE shop.heap (id INT);\nALTER TABLE shop.heap SET SCHEMA public;",
            down: Some("DROP TABLE heap;\nDROP TABLE bills;"),
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            before: "CREATE SCHEMA shop;",
            up: "CREATE TABLE shop.orders (id INT);",
            down: Some("SET search_path = shop;\nDROP TABLE orders;"),
            ..Example::GOOD
        },
        Example {
            // The column of this name is another table's.
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY, phone TEXT); CREATE TABLE teams (id INTEGER PRIMARY KEY);",
            up: "ALTER TABLE teams ADD COLUMN phone TEXT;",
            down: Some("ALTER TABLE users DROP COLUMN phone;"),
            ..Example::BAD
        },
        Example {
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            up: "ALTER TABLE users RENAME TO people;\nALTER TABLE people ADD COLUMN phone TEXT;",
            down: Some("ALTER TABLE people RENAME TO users;\nALTER TABLE users DROP COLUMN phone;"),
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            up: "CREATE DOMAIN word AS TEXT;",
            down: Some("DROP DOMAIN IF EXISTS word;"),
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let down = context.way;
    let found = down.lasting().flat_map(|(index, effect)| {
        let lost = lost(context, index, effect).into_iter();
        lost.map(|what| Hit::new(effect.span, format!("it destroys {what}")))
    });
    found.collect()
}

/// Returns what a change of the way down destroys of others.
fn lost(context: &Context<'_>, index: usize, effect: &Effect) -> Vec<String> {
    let is_others = |table: &&Name| {
        let made_here = context.is_made_before(table, index);
        !made_here
            && context
                .other
                .is_some_and(|up| !makes_table(context, up, table))
    };
    match &effect.kind {
        EffectKind::Drop(dropped) => match dropped.kind {
            ObjectKind::Schema if dropped.cascade => others_of_kind(context, dropped)
                .map(|name| format!("all that is in the schema `{name}`"))
                .collect(),
            ObjectKind::Type if dropped.cascade => others_of_kind(context, dropped)
                .map(|name| format!("every column of the type `{name}`"))
                .collect(),
            ObjectKind::Extension if dropped.cascade => others_of_kind(context, dropped)
                .map(|name| format!("every column of a type of the extension `{name}`"))
                .collect(),
            ObjectKind::Owned => {
                let owners = dropped.names.iter();
                owners
                    .map(|owner| format!("all that `{owner}` owns"))
                    .collect()
            }
            ObjectKind::Database => vec!["the whole database".to_owned()],
            ObjectKind::Table => {
                let others = dropped.names.iter().filter(is_others);
                let others = others.filter(|table| !context.is_made_anew(table, index));
                others
                    .map(|table| format!("the table `{table}`, which the way up does not make"))
                    .collect()
            }
            _ => Vec::new(),
        },
        EffectKind::Alter(altered) => match &altered.action {
            Action::DropColumn { column, .. }
                if is_others(&&altered.table) && !makes_column(context, &altered.table, column) =>
            {
                let table = &altered.table;
                vec![format!(
                    "the column `{column}` of `{table}`, which the way up does not make"
                )]
            }
            _ => Vec::new(),
        },
        EffectKind::Write(written) => {
            let empties = written.verb == Verb::Truncate && is_others(&&written.table);
            let told = format!("every row of `{}`", written.table);
            empties.then_some(told).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Returns what is dropped and the way up does not make, so that others may have it in use.
fn others_of_kind<'a>(
    context: &'a Context<'_>,
    dropped: &'a Dropped,
) -> impl Iterator<Item = &'a Name> {
    let is_others = |name: &&Name| {
        let up = context.other;
        !up.is_some_and(|up| makes(context, up, dropped.kind, name))
    };
    dropped.names.iter().filter(is_others)
}

/// Returns whether both names may be of one thing. Which schema one means that leaves it out, a database
/// may say, or a way: it is any, unless other migrations have made one of exactly the other name.
fn is_same(context: &Context<'_>, made: &Name, gone: &Name) -> bool {
    let ways = [Some(context.way), context.other];
    let path_is_set = ways.into_iter().flatten().any(Way::sets_search_path);
    let is_asked = context.facts.home_schema().is_some();
    let may_be = || !is_asked && made.may_be(gone) && !context.is_made_by_others(gone);
    context.is_same(made, gone) || path_is_set && made.may_be(gone) || may_be()
}

/// Returns whether a way makes an object of this kind, which nothing can be of before.
fn makes(context: &Context<'_>, up: &Way<'_>, kind: ObjectKind, name: &Name) -> bool {
    up.lasting().any(|(_, effect)| match &effect.kind {
        EffectKind::Create(created) => {
            let made = created.name.as_ref();
            created.kind == kind
                && !created.or_existing
                && made.is_some_and(|made| is_same(context, made, name))
        }
        _ => false,
    })
}

/// Returns whether a way makes a table, or gives one that it makes this name.
fn makes_table(context: &Context<'_>, up: &Way<'_>, table: &Name) -> bool {
    let mut names = vec![table.clone()];
    // Each name was another one before, at most once in each statement.
    for index in (0..up.effects.len()).rev().filter(|at| up.lasts(*at)) {
        let is_named =
            |wanted: &Name, names: &[Name]| names.iter().any(|name| is_same(context, wanted, name));
        if let Some((from, to)) = moved(up, index)
            && is_named(&to, &names)
        {
            names.push(from);
        }
        for effect in up.effects[index].iter().rev() {
            match &effect.kind {
                EffectKind::Create(created) => {
                    let made = created.name.as_ref();
                    let is_it = made.is_some_and(|made| is_named(made, &names));
                    if is_it && created.kind == ObjectKind::Table {
                        return true;
                    }
                }
                EffectKind::Alter(altered)
                    if altered.renamed().is_some_and(|to| is_named(&to, &names)) =>
                {
                    names.push(altered.table.clone());
                }
                _ => {}
            }
        }
    }
    false
}

/// Returns the name of a table that a statement puts into another schema, before and after.
fn moved(up: &Way<'_>, index: usize) -> Option<(Name, Name)> {
    let of = up.script.of_owner(index)?;
    let Becomes::In(schema) = of.becomes else {
        return None;
    };
    let to = Name {
        schema: Some(schema),
        name: of.name.name.clone(),
    };
    (of.kind == ObjectKind::Table).then_some((of.name, to))
}

/// Returns whether the way up makes a column of this name in the table, under whichever name that has
/// then, or gives one this name.
fn makes_column(context: &Context<'_>, table: &Name, wanted: &str) -> bool {
    let Some(up) = context.other else {
        return true;
    };
    let names = all_names(context, table);
    let of_table = |name: &Name| names.iter().any(|of| is_same(context, name, of));
    up.lasting().any(|(_, effect)| match &effect.kind {
        EffectKind::Alter(altered) if of_table(&altered.table) => match &altered.action {
            Action::AddColumn(added) => added.name == wanted,
            Action::RenameColumn { to, .. } => to == wanted,
            _ => false,
        },
        _ => false,
    })
}

/// Returns the names that a table has in either way.
fn all_names(context: &Context<'_>, table: &Name) -> Vec<Name> {
    let ways = [Some(context.way), context.other].into_iter().flatten();
    let mut renames: Vec<(Name, Name)> = Vec::new();
    for way in ways {
        renames.extend((0..way.effects.len()).filter_map(|index| moved(way, index)));
        let altered = way.effects().filter_map(|(_, effect)| match &effect.kind {
            EffectKind::Alter(altered) => Some((altered.table.clone(), altered.renamed()?)),
            _ => None,
        });
        renames.extend(altered);
    }
    let mut names = vec![table.clone()];
    // Each of them may lead to one more.
    for _ in 0..renames.len() {
        for (from, to) in &renames {
            let has = |it: &Name| names.iter().any(|name| is_same(context, it, name));
            match (has(from), has(to)) {
                (true, false) => names.push(to.clone()),
                (false, true) => names.push(from.clone()),
                _ => {}
            }
        }
    }
    names
}
