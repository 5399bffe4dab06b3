//! What a restored database lacks of what its backup held.
//!
//! Pure: two counts in, findings out.

use std::collections::{BTreeMap, BTreeSet};

use crate::backend::dump::{DatabaseFacts, SequenceFact, TableFact};
use crate::backend::tables::{DIESEL_TABLE, METADATA_TABLE};
use crate::version::Version;

/// What was counted in a database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counted {
    /// What is in it.
    pub facts: DatabaseFacts,
    /// The applied migrations, in order.
    pub applied: Vec<Version>,
    /// The sequences that count downwards, by name.
    pub descending: BTreeSet<String>,
}

/// Returns in what a restored database differs from its backup: from what was counted when it was
/// made, and the migrations that were applied then. Contents are compared where both were hashed.
pub fn differences(wanted: &DatabaseFacts, applied: &[String], found: &Counted) -> Vec<String> {
    let mut findings = of_tables(&wanted.tables, &found.facts.tables);
    findings.extend(of_sequences(&wanted.sequences, found));
    findings.extend(of_extensions(&wanted.extensions, &found.facts.extensions));
    if hold_applied(wanted) {
        findings.extend(of_migrations(applied, &found.applied));
    }
    findings
}

/// Returns whether what was counted says which migrations are applied: a part of a database may be
/// without the table of them, or without its rows.
pub(crate) fn hold_applied(facts: &DatabaseFacts) -> bool {
    hold_rows_of(facts, DIESEL_TABLE)
}

/// Returns the same of the environment that a database is marked with.
pub(crate) fn hold_mark(facts: &DatabaseFacts) -> bool {
    hold_rows_of(facts, METADATA_TABLE)
}

fn hold_rows_of(facts: &DatabaseFacts, own: &str) -> bool {
    let mut tables = facts.tables.iter();
    tables.any(|table| table.name.contains(own) && table.rows > 0)
}

fn of_tables(wanted: &[TableFact], found: &[TableFact]) -> Vec<String> {
    let by_name = |tables: &[TableFact]| -> BTreeMap<String, TableFact> {
        let pairs = tables
            .iter()
            .map(|table| (table.name.clone(), table.clone()));
        pairs.collect()
    };
    let (wanted, found) = (by_name(wanted), by_name(found));
    let missing = wanted
        .values()
        .filter_map(|table| of_table(table, found.get(&table.name)));
    let unknown = found.keys().filter(|name| !wanted.contains_key(*name));
    missing
        .chain(unknown.map(|name| format!("table `{name}` was not in the backup")))
        .collect()
}

fn of_table(wanted: &TableFact, found: Option<&TableFact>) -> Option<String> {
    let name = &wanted.name;
    let Some(found) = found else {
        return Some(format!("table `{name}` is missing"));
    };
    if found.rows != wanted.rows {
        let (found, wanted) = (found.rows, wanted.rows);
        return Some(format!(
            "table `{name}` has {found} rows instead of {wanted}"
        ));
    }
    match (&wanted.content_hash, &found.content_hash) {
        (Some(wanted), Some(found)) if wanted != found => {
            Some(format!("the contents of table `{name}` are others"))
        }
        _ => None,
    }
}

/// Sequences are in no snapshot: the copy of one may be further on than when it was read, but one
/// that is behind gives out the same value twice.
fn of_sequences(wanted: &[SequenceFact], found: &Counted) -> Vec<String> {
    let by_name: BTreeMap<&str, &SequenceFact> = found
        .facts
        .sequences
        .iter()
        .map(|fact| (fact.name.as_str(), fact))
        .collect();
    let of_one = |wanted: &SequenceFact| {
        let name = &wanted.name;
        let Some(now) = by_name.get(name.as_str()) else {
            return Some(format!("sequence `{name}` is missing"));
        };
        let place = |fact: &SequenceFact| {
            let value = i128::from(fact.last_value);
            let sign = if found.descending.contains(name) {
                -1
            } else {
                1
            };
            (value * sign, fact.is_called)
        };
        (place(now) < place(wanted)).then(|| {
            format!(
                "sequence `{name}` stands at {}, behind {}",
                now.last_value, wanted.last_value
            )
        })
    };
    wanted.iter().filter_map(of_one).collect()
}

/// A version is the server's to choose.
fn of_extensions(wanted: &[String], found: &[String]) -> Vec<String> {
    let name = |text: &String| text.split(' ').next().unwrap_or_default().to_owned();
    let found: BTreeSet<String> = found.iter().map(name).collect();
    let missing = wanted.iter().map(name).filter(|name| !found.contains(name));
    missing
        .map(|name| format!("extension `{name}` is missing"))
        .collect()
}

fn of_migrations(wanted: &[String], found: &[Version]) -> Vec<String> {
    let wanted: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
    let found: BTreeSet<&str> = found.iter().map(Version::as_str).collect();
    let missing = wanted.difference(&found);
    let missing = missing.map(|version| format!("migration `{version}` is not applied"));
    let unknown = found.difference(&wanted);
    let unknown =
        unknown.map(|version| format!("migration `{version}` was not applied in the backup"));
    missing.chain(unknown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, rows: u64, hash: Option<&str>) -> TableFact {
        TableFact {
            name: name.to_owned(),
            rows,
            content_hash: hash.map(str::to_owned),
        }
    }

    fn sequence(name: &str, last_value: i64, is_called: bool) -> SequenceFact {
        SequenceFact {
            name: name.to_owned(),
            last_value,
            is_called,
        }
    }

    fn backup() -> DatabaseFacts {
        DatabaseFacts {
            tables: vec![
                table("public.__diesel_schema_migrations", 2, None),
                table("public.a", 5, Some("x")),
                table("public.b", 0, None),
            ],
            sequences: vec![
                sequence("public.s", 7, true),
                sequence("public.d", -7, true),
            ],
            extensions: vec!["citext 1.6".to_owned()],
            roles: vec!["ada".to_owned()],
        }
    }

    fn restored() -> Counted {
        let mut facts = backup();
        facts.extensions = vec!["citext 1.7".to_owned(), "hstore 1.8".to_owned()];
        facts.roles.clear();
        Counted {
            facts,
            applied: vec![Version::from_name("001"), Version::from_name("002")],
            descending: BTreeSet::from(["public.d".to_owned()]),
        }
    }

    fn compared(found: &Counted) -> Vec<String> {
        differences(&backup(), &["001".to_owned(), "002".to_owned()], found)
    }

    #[test]
    fn a_whole_copy_differs_in_nothing() {
        assert_eq!(compared(&restored()), [""; 0]);
        let mut found = restored();
        found.facts.sequences = vec![
            sequence("public.s", 9, true),
            sequence("public.d", -9, true),
        ];
        found.facts.tables[1].content_hash = None;
        assert_eq!(compared(&found), [""; 0], "further on, and not hashed");
    }

    #[test]
    fn whatever_is_missing_or_other_is_found() {
        let mut found = restored();
        found.facts.tables = vec![
            table("public.__diesel_schema_migrations", 2, None),
            table("public.a", 5, Some("y")),
            table("public.c", 0, None),
        ];
        found.facts.sequences = vec![sequence("public.d", -6, true)];
        found.facts.extensions.clear();
        found.applied = vec![Version::from_name("002"), Version::from_name("003")];
        assert_eq!(
            compared(&found),
            [
                "the contents of table `public.a` are others",
                "table `public.b` is missing",
                "table `public.c` was not in the backup",
                "sequence `public.s` is missing",
                "sequence `public.d` stands at -6, behind -7",
                "extension `citext` is missing",
                "migration `001` is not applied",
                "migration `003` was not applied in the backup",
            ]
        );
        let mut found = restored();
        found.facts.tables[1].rows = 4;
        found.facts.sequences[0] = sequence("public.s", 7, false);
        assert_eq!(
            compared(&found),
            [
                "table `public.a` has 4 rows instead of 5",
                "sequence `public.s` stands at 7, behind 7",
            ]
        );
    }

    #[test]
    fn a_part_without_bookkeeping_says_nothing_of_migrations() {
        let part = DatabaseFacts {
            tables: vec![table("public.a", 5, None)],
            ..DatabaseFacts::default()
        };
        let found = Counted {
            facts: part.clone(),
            ..Counted::default()
        };
        assert_eq!(differences(&part, &["001".to_owned()], &found), [""; 0]);
        let without_rows = DatabaseFacts {
            tables: vec![table("public.__diesel_schema_migrations", 0, None)],
            ..DatabaseFacts::default()
        };
        let found = Counted {
            facts: without_rows.clone(),
            ..Counted::default()
        };
        assert_eq!(
            differences(&without_rows, &["001".to_owned()], &found),
            [""; 0]
        );
    }
}
