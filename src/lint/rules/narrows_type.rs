//! A column that gets a type which cannot hold what was in it.
//!
//! What a cast refuses (a number that is too large, a text that is too long) fails, and nothing is
//! lost; this is about what it rounds or cuts off in silence
//! (<https://www.postgresql.org/docs/current/sql-createcast.html>: casts in assignments).

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::lint::context::Context;
use crate::lint::rule::{Example, Hit, Needs, Rule, UP};
use crate::sql::effect::{Action, EffectKind, casts};

const POSTGRES: &[Engine] = &[Engine::Postgres];
const TABLE: &str = "CREATE TABLE sales (id INT PRIMARY KEY, price NUMERIC(12,4), at TIMESTAMP, word VARCHAR(20), mass REAL);";

pub(super) const RULE: Rule = Rule {
    name: "narrows-type",
    level: Level::Warning,
    ways: UP,
    needs: Needs::Files,
    finds: "a column whose new type, or the expression behind `USING`, rounds or cuts off what was in it, in silence; of an expression that does more than cast, blanks and zones aside, nobody knows",
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
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE sales ALTER at TYPE TIMESTAMP(0);",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE sales ALTER at TYPE TIMESTAMP(3) WITH TIME ZONE;",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE sales ALTER word TYPE \"char\";",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE sales ALTER word TYPE name;",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE sales ALTER word TYPE VARCHAR(20) USING substr(word, 1, 2);",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE sales DROP CONSTRAINT sales_pkey, ALTER id TYPE BOOLEAN USING id > 3;",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE sales DROP CONSTRAINT sales_pkey, ALTER id TYPE BOOLEAN USING id::boolean;",
            ..Example::BAD
        },
        Example {
            // What is lost on the way does not come back.
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE sales ALTER price TYPE TEXT USING price::int::text;",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE sales ALTER at TYPE TIMESTAMP(6), ALTER price TYPE TEXT USING price::text, ALTER word TYPE TEXT USING CAST(word AS TEXT), ALTER id TYPE BIGINT USING (id)::bigint;",
            ..Example::GOOD
        },
        Example {
            // A moment in another zone is the same, and blanks are nobody's.
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE sales ALTER at TYPE TIMESTAMPTZ USING at AT TIME ZONE 'UTC', ALTER word TYPE INTEGER USING nullif(trim(word), '')::integer;",
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let found = context.way.lasting().filter_map(|(_, effect)| {
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
            Some(words) => lost_by(words, column, before, to),
            None => lost(before, &Type::of(to), false),
        }?;
        let message = format!("`{column}` of `{table}` becomes `{to}`, which {lost}");
        Some(Hit::new(effect.span, message))
    });
    found.collect()
}

/// Returns what is lost by an expression.
fn lost_by(words: &[String], column: &str, before: Option<Type>, to: &str) -> Option<&'static str> {
    if !words.iter().any(|word| word == column) {
        return Some("takes nothing of what was in it");
    }
    let Some(by) = casts(words, column) else {
        let lost = lost(before, &Type::of(to), true);
        let keep = || (0..words.len()).all(|index| keeps(words, index, column, before));
        return lost.or_else(|| (!keep()).then_some("holds what an expression leaves of it"));
    };
    // The first value that is lost on the way is lost.
    let mut from = before;
    for step in by.iter().map(String::as_str).chain([to]) {
        let step = Type::of(step);
        let lost = lost(from, &step, true);
        if lost.is_some() {
            return lost;
        }
        from = Some(step);
    }
    None
}

/// Words with which an expression takes blanks away, says nulls, or tells a moment in another zone.
const KEEPING: [&str; 14] = [
    "precision",
    "at",
    "zone",
    "time",
    "trim",
    "btrim",
    "nullif",
    "coalesce",
    "cast",
    "as",
    "to_timestamp",
    "to_date",
    "to_json",
    "to_jsonb",
];

/// Returns whether a word of an expression takes nothing from a value: one of those, the column, a
/// literal, a mark between them, or a type that holds what the column did.
fn keeps(words: &[String], index: usize, column: &str, before: Option<Type>) -> bool {
    let word = words[index].as_str();
    let beside = |index: Option<usize>| index.and_then(|index| words.get(index));
    let is_table = beside(Some(index + 1)).is_some_and(|next| next == ".");
    let is_type = beside(index.checked_sub(1)).is_some_and(|last| last == "::" || last == "as");
    if is_type {
        return lost(before, &Type::of(word), true).is_none();
    }
    let is_mark = ["(", ")", ",", ".", "::"].contains(&word);
    let is_literal = word.starts_with(|first: char| first == '\'' || first.is_ascii_digit());
    is_table || is_mark || is_literal || word == column || KEEPING.contains(&word)
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
    /// One byte: `"char"`.
    Byte,
    /// 63 bytes: `name`.
    Name,
    Truth,
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
const KINDS: [(&str, Kind); 24] = [
    ("smallint", Kind::Whole),
    ("bigint", Kind::Whole),
    ("interval", Kind::Other),
    ("bool", Kind::Truth),
    ("boolean", Kind::Truth),
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
        let kind = match name.strip_prefix("pg_catalog.").unwrap_or(name) {
            "\"char\"" => Kind::Byte,
            "name" => Kind::Name,
            _ => known.map_or(Kind::Other, |(_, kind)| *kind),
        };
        let arguments = name.split_once('(');
        let arguments = arguments.and_then(|(_, rest)| Some(rest.split_once(')')?.0));
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

/// The digits of a second that a moment has where nobody says.
const SECOND_DIGITS: u32 = 6;

/// So many characters fit into a `name`, however many bytes each has.
const SHORT_NAME: u32 = 15;

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
        Kind::Time if is(&[Kind::Moment]) => Some("has no day"),
        Kind::Time | Kind::Moment => {
            let digits = to.limit.filter(|digits| *digits < SECOND_DIGITS)?;
            let of_old = |old: Type| old.limit.unwrap_or(SECOND_DIGITS);
            let had_more = before.is_none_or(|old| old.kind == to.kind && of_old(old) > digits);
            had_more.then_some("rounds")
        }
        Kind::Byte => is(&[Kind::Text, Kind::Name, Kind::Whole]).then_some("holds one byte"),
        Kind::Name => {
            let is_short = before.and_then(|old| old.limit);
            let is_short = is_short.is_some_and(|limit| limit <= SHORT_NAME);
            (is(&[Kind::Text]) && !is_short).then_some("cuts off")
        }
        Kind::Truth => (was == Some(Kind::Whole)).then_some("tells nothing but zero from the rest"),
        Kind::Text if using => {
            let limit = to.limit?;
            let old = before.and_then(|before| before.limit);
            old.is_none_or(|old| old > limit).then_some("may cut off")
        }
        _ => None,
    }
}
