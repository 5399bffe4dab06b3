//! Which types store a value alike, so that a change from one to the other rewrites nothing, and which
//! hold all that another one does.
//!
//! <https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES>: what is
//! binary coercible, or not restricted more than before.

/// A type's name, as the catalog shortens it, and what stands in parentheses behind it.
#[derive(Debug, PartialEq, Eq)]
struct Type {
    name: String,
    limits: Vec<u32>,
}

/// What a type is called besides.
const ALIASES: [(&str, &str); 22] = [
    ("character varying", "varchar"),
    ("char varying", "varchar"),
    ("character", "bpchar"),
    ("char", "bpchar"),
    ("decimal", "numeric"),
    ("dec", "numeric"),
    ("integer", "int4"),
    ("int", "int4"),
    ("bigint", "int8"),
    ("smallint", "int2"),
    ("real", "float4"),
    ("double precision", "float8"),
    ("float", "float8"),
    ("boolean", "bool"),
    ("bit varying", "varbit"),
    ("timestamp without time zone", "timestamp"),
    ("timestamp with time zone", "timestamptz"),
    ("time without time zone", "time"),
    ("time with time zone", "timetz"),
    ("serial", "int4"),
    ("bigserial", "int8"),
    ("smallserial", "int2"),
];

impl Type {
    /// Reads a type in lower case, as it is written, or as the server writes it.
    fn of(written: &str) -> Self {
        let written = written.strip_prefix("pg_catalog.").unwrap_or(written);
        let parts = written.split_once('(');
        let parts = parts.and_then(|(begin, rest)| Some((begin, rest.split_once(')')?)));
        let (name, limits) = match parts {
            None => (written.to_owned(), Vec::new()),
            Some((begin, (within, end))) => {
                let numbers = within.split(',').filter_map(|it| it.trim().parse().ok());
                let name = [begin.trim(), end.trim()].join(" ");
                (name.trim().to_owned(), numbers.collect())
            }
        };
        let known = ALIASES.iter().find(|(alias, _)| *alias == name);
        Self {
            name: known.map_or(name, |(_, short)| (*short).to_owned()),
            limits,
        }
    }
}

/// Whether a moment with a zone is stored as one without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zones {
    /// It is: the session tells it in universal time.
    Alike,
    /// It is not.
    Differ,
}

/// Returns whether every value of the one type is stored as one of the other.
pub(super) fn is_stored_alike(from: &str, to: &str, zones: Zones) -> bool {
    let (from, to) = (Type::of(from), Type::of(to));
    if from == to {
        return true;
    }
    let is_no_shorter = || match (from.limits.first(), to.limits.first()) {
        (_, None) => true,
        (Some(from), Some(to)) => from <= to,
        (None, Some(_)) => false,
    };
    match (from.name.as_str(), to.name.as_str()) {
        ("varchar", "text") | ("text", "varchar") | ("cidr", "inet") => is_no_shorter(),
        ("numeric", "numeric") => {
            let scale = |it: &Type| it.limits.get(1).copied().unwrap_or(0);
            to.limits.is_empty() || (is_no_shorter() && scale(&from) == scale(&to))
        }
        ("timestamp", "timestamptz") | ("timestamptz", "timestamp") if zones == Zones::Differ => {
            false
        }
        // Without a number there are six digits. A run works in UTC, where a zone changes nothing.
        ("timestamp" | "timestamptz", "timestamp" | "timestamptz")
        | ("time", "time")
        | ("timetz", "timetz") => to
            .limits
            .first()
            .is_none_or(|to| *to >= from.limits.first().copied().unwrap_or(6)),
        ("varchar" | "varbit", same) if same == from.name => is_no_shorter(),
        _ => false,
    }
}

/// What holds every value of another type, beside what stores it alike.
const WIDER: [(&str, &[&str]); 5] = [
    ("int2", &["int4", "int8", "numeric"]),
    ("int4", &["int8", "numeric"]),
    ("int8", &["numeric"]),
    ("float4", &["float8"]),
    ("date", &["timestamp"]),
];

/// Returns whether every value of the one type is one of the other, too.
pub(super) fn keeps_values(from: &str, to: &str) -> bool {
    let ((from, from_array), (to, to_array)) = (element(from), element(to));
    if from_array != to_array || is_stored_alike(from, to, Zones::Alike) {
        return from_array == to_array;
    }
    let (from, to) = (Type::of(from), Type::of(to));
    let is_wider =
        |(narrow, wide): &(&str, &[&str])| *narrow == from.name && wide.contains(&to.name.as_str());
    to.limits.is_empty() && (to.name == "text" || WIDER.iter().any(is_wider))
}

/// Returns the type of an array's elements, or the type itself, and whether it is an array's.
fn element(written: &str) -> (&str, bool) {
    let element = written.split_once('[');
    element.map_or((written, false), |(element, _)| (element.trim_end(), true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_alike_is_known() {
        for (from, to, expected) in [
            ("character varying(10)", "varchar(20)", true),
            ("character varying(20)", "varchar(10)", false),
            ("varchar(10)", "varchar", true),
            ("varchar(10)", "text", true),
            ("text", "varchar", true),
            ("text", "varchar(10)", false),
            ("character(10)", "text", false),
            ("numeric(10,2)", "numeric(14,2)", true),
            ("numeric(10,2)", "decimal(14, 2)", true),
            ("numeric(10,2)", "numeric(14,1)", false),
            ("numeric(10,2)", "numeric", true),
            ("numeric", "numeric(10,2)", false),
            ("numeric(10)", "numeric(12,0)", true),
            ("integer", "int", true),
            ("integer", "bigint", false),
            ("integer", "text", false),
            ("timestamp(3) without time zone", "timestamp(6)", true),
            ("timestamp without time zone", "timestamp(3)", false),
            ("timestamp(3) with time zone", "timestamptz", true),
            ("timestamp", "timestamptz", true),
            ("timestamp with time zone", "timestamp", true),
            ("timestamptz(3)", "timestamp", true),
            ("timestamp", "timestamptz(3)", false),
            ("time", "timetz", false),
            ("bit varying(3)", "varbit(4)", true),
        ] {
            let is_alike = is_stored_alike(from, to, Zones::Alike);
            assert_eq!(is_alike, expected, "{from} to {to}");
        }
        for (from, to, expected) in [
            ("timestamp", "timestamptz", false),
            ("timestamp with time zone", "timestamp", false),
            ("timestamptz(3)", "timestamptz", true),
            ("timestamp(3)", "timestamp", true),
        ] {
            let is_alike = is_stored_alike(from, to, Zones::Differ);
            assert_eq!(is_alike, expected, "{from} to {to}");
        }
    }

    #[test]
    fn what_holds_all_of_another_is_known() {
        for (from, to, expected) in [
            ("integer", "serial", true),
            ("integer", "bigint", true),
            ("bigint", "int", false),
            ("integer", "numeric", true),
            ("integer", "numeric(3)", false),
            ("integer[]", "int [ ]", true),
            ("integer[]", "int", false),
            ("integer", "text", true),
            ("text", "integer", false),
            ("character varying(10)", "varchar(20)", true),
            ("character varying(20)", "varchar(10)", false),
            ("numeric(10,2)", "numeric(10,1)", false),
            ("timestamp without time zone", "date", false),
        ] {
            assert_eq!(keeps_values(from, to), expected, "{from} to {to}");
        }
    }
}
