//! A column that gets a type which cannot hold what was in it.
//!
//! What a cast refuses (a number that is too large, a text that is too long) fails, and nothing is
//! lost; this is about what it rounds or cuts off in silence
//! (<https://www.postgresql.org/docs/current/sql-createcast.html>: casts in assignments).

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::lint::context::Context;
use crate::lint::rule::{Example, Hit, Needs, Rule, UP};
use crate::sql::effect::{Action, EffectKind};

const POSTGRES: &[Engine] = &[Engine::Postgres];
const TABLE: &str = "CREATE TABLE sales (id INT PRIMARY KEY, price NUMERIC(12,4), at TIMESTAMP, word VARCHAR(20), mass REAL);";

pub(super) const RULE: Rule = Rule {
    name: "narrows-type",
    level: Level::Warning,
    ways: UP,
    needs: Needs::Files,
    finds: "a column whose new type rounds or cuts off what was in it, in silence",
    hurts: "no way down brings the digits, the time of day or the end of a text back",
    instead: "Add a column of the new type, fill it, and drop the old one in a later release; or say that it is meant: `-- lint:ignore narrows-type -- prices have no fractions`.",
    examples: &[
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE sales ALTER COLUMN price TYPE INTEGER;",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE sales ALTER COLUMN price TYPE NUMERIC(12,2), ALTER at SET DATA TYPE DATE;",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE sales ALTER COLUMN word TYPE VARCHAR(10) USING left(word, 10);",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE sales ALTER COLUMN price TYPE NUMERIC(14,1);",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE sales ALTER COLUMN word TYPE TEXT USING 'x';",
            ..Example::BAD
        },
        Example {
            // Wider, or of another kind that holds all of it.
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE sales ALTER COLUMN price TYPE NUMERIC(14,4), ALTER at TYPE TIMESTAMPTZ, ALTER word TYPE TEXT, ALTER mass TYPE DOUBLE PRECISION, ALTER id TYPE BIGINT;",
            ..Example::GOOD
        },
        Example {
            // What does not fit is refused.
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE sales ALTER COLUMN word TYPE VARCHAR(10), ALTER id TYPE SMALLINT;",
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            before: "CREATE TABLE days (id INT, born TEXT);",
            up: "ALTER TABLE days ALTER COLUMN id TYPE NUMERIC(10,2);",
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE sales ALTER COLUMN word TYPE TEXT USING (trim(sales.\"word\"));",
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let found = context.way.effects().filter_map(|(_, effect)| {
        let EffectKind::Alter(altered) = &effect.kind else {
            return None;
        };
        let Action::SetType { column, to, using } = &altered.action else {
            return None;
        };
        let table = &altered.table;
        let before = context.type_before(table, column);
        let before = before.as_deref().map(Type::of);
        let lost = match using {
            Some(words) if !words.contains(column) => Some("takes nothing of what was in it"),
            _ => lost(before, &Type::of(to), using.is_some()),
        }?;
        let message = format!("`{column}` of `{table}` becomes `{to}`, which {lost}");
        Some(Hit::new(effect.span, message))
    });
    found.collect()
}

/// What a type can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Whole,
    Decimal,
    Single,
    Double,
    Date,
    Time,
    Moment,
    Text,
    Other,
}

/// A type, as far as it can lose something.
#[derive(Debug, Clone, Copy)]
struct Type {
    kind: Kind,
    /// Digits behind the point, or characters, where they are limited.
    limit: Option<u32>,
}

/// How types begin, and their kinds; the first that fits counts.
const KINDS: [(&str, Kind); 22] = [
    ("smallint", Kind::Whole),
    ("bigint", Kind::Whole),
    ("interval", Kind::Other),
    ("int", Kind::Whole),
    ("serial", Kind::Whole),
    ("smallserial", Kind::Whole),
    ("bigserial", Kind::Whole),
    ("numeric", Kind::Decimal),
    ("decimal", Kind::Decimal),
    ("real", Kind::Single),
    ("float4", Kind::Single),
    ("float", Kind::Double),
    ("double", Kind::Double),
    ("date", Kind::Date),
    ("timestamp", Kind::Moment),
    ("time", Kind::Time),
    ("text", Kind::Text),
    ("citext", Kind::Text),
    ("varchar", Kind::Text),
    ("character", Kind::Text),
    ("char", Kind::Text),
    ("bpchar", Kind::Text),
];

impl Type {
    /// Reads a type's name in lower case.
    fn of(name: &str) -> Self {
        let known = KINDS.iter().find(|(begin, _)| name.starts_with(begin));
        let kind = known.map_or(Kind::Other, |(_, kind)| *kind);
        let arguments = name
            .split_once('(')
            .map(|(_, rest)| rest.trim_end_matches(')'));
        let limit = arguments.and_then(|arguments| {
            let mut numbers = arguments.split(',');
            let first = numbers.next()?.trim().parse().ok();
            match kind {
                // Without a second number there is nothing behind the point.
                Kind::Decimal => numbers
                    .next()
                    .map_or(Some(0), |scale| scale.trim().parse().ok()),
                _ => first,
            }
        });
        Self { kind, limit }
    }
}

/// Returns what is lost, where something may be; of a column whose type nobody knows, what every
/// type but the new one would lose.
fn lost(before: Option<Type>, to: &Type, using: bool) -> Option<&'static str> {
    let was = before.map(|before| before.kind);
    let is = |kinds: &[Kind]| was.is_none_or(|was| kinds.contains(&was));
    let fractions = [Kind::Decimal, Kind::Single, Kind::Double];
    match to.kind {
        // A text is read, or refused.
        Kind::Whole if was.is_some_and(|was| fractions.contains(&was)) => Some("has no fractions"),
        Kind::Decimal => {
            let scale = to.limit?;
            let old = before?;
            let had_more = old.limit.is_none_or(|old| old > scale);
            (fractions.contains(&old.kind) && had_more).then_some("rounds")
        }
        Kind::Single => is(&[Kind::Decimal, Kind::Double, Kind::Whole]).then_some("rounds"),
        Kind::Double => (was == Some(Kind::Decimal)).then_some("rounds"),
        Kind::Date => is(&[Kind::Moment]).then_some("has no time of day"),
        Kind::Time => is(&[Kind::Moment]).then_some("has no day"),
        Kind::Text if using => {
            let limit = to.limit?;
            let old = before.and_then(|before| before.limit);
            old.is_none_or(|old| old > limit).then_some("may cut off")
        }
        _ => None,
    }
}
