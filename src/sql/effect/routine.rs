//! Functions, procedures and aggregates that a statement puts something in the place of, drops, or alters:
//! which one of a name it means, its arguments tell.
//!
//! Must not know which there are.

use super::{Name, ObjectKind, create};
use crate::sql::TokenKind;
use crate::sql::script::Script;
use crate::sql::words::Words;

/// A function, a procedure or an aggregate that is there already, as a statement means it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoutineMeant {
    /// What is done to it.
    pub(crate) deed: Deed,
    /// Its name.
    pub(crate) name: Name,
    /// Of each argument, how its type may be written: whether the first word is the argument's own name
    /// or the type's, only the server knows. None where no arguments are said.
    pub(crate) arguments: Option<Vec<Vec<String>>>,
}

/// What is done to a routine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Another one takes its place, if it is there.
    Replace,
    /// It is dropped.
    Drop,
    /// It is altered, or commented on.
    Alter,
}

/// The modes of an argument that count among those that a routine is known by.
const MODES: [&str; 3] = ["IN", "INOUT", "VARIADIC"];

/// What types are called beside what the server calls them.
/// <https://www.postgresql.org/docs/current/datatype.html>
const ALIASES: [(&str, &str); 17] = [
    ("int", "integer"),
    ("int4", "integer"),
    ("int2", "smallint"),
    ("int8", "bigint"),
    ("bool", "boolean"),
    ("float", "double precision"),
    ("float8", "double precision"),
    ("float4", "real"),
    ("decimal", "numeric"),
    ("dec", "numeric"),
    ("char", "character"),
    ("varchar", "character varying"),
    ("varbit", "bit varying"),
    ("timestamp", "timestamp without time zone"),
    ("timestamptz", "timestamp with time zone"),
    ("time", "time without time zone"),
    ("timetz", "time with time zone"),
];

impl Script {
    /// Returns the routines that the statement at `index` replaces, drops or alters; one whose arguments
    /// cannot be read is left out.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub(crate) fn routines_meant(&self, index: usize) -> Vec<RoutineMeant> {
        let dialect = self.dialect();
        self.with_phrase(index, |statement| {
            let mut words = Words::new(statement, dialect);
            if words.eat_all(&["CREATE", "OR", "REPLACE"]) {
                one(&mut words, Deed::Replace).into_iter().collect()
            } else if words.eat("ALTER") || words.eat_all(&["COMMENT", "ON"]) {
                one(&mut words, Deed::Alter).into_iter().collect()
            } else if words.eat("DROP") {
                dropped(&mut words)
            } else {
                Vec::new()
            }
        })
    }
}

fn one(words: &mut Words<'_>, deed: Deed) -> Option<RoutineMeant> {
    (create::kind(words)? == ObjectKind::Routine).then_some(())?;
    let name = words.name()?;
    let arguments = arguments(words)?;
    Some(RoutineMeant {
        deed,
        name,
        arguments,
    })
}

fn dropped(words: &mut Words<'_>) -> Vec<RoutineMeant> {
    let mut meant = Vec::new();
    if create::kind(words) != Some(ObjectKind::Routine) {
        return meant;
    }
    words.eat_all(&["IF", "EXISTS"]);
    while let Some(name) = words.name() {
        let mut behind = words.clone();
        behind.skip_parentheses();
        meant.extend(arguments(words).map(|arguments| RoutineMeant {
            deed: Deed::Drop,
            name,
            arguments,
        }));
        *words = behind;
        if !words.eat_mark(",") {
            break;
        }
    }
    meant
}

/// Reads the arguments, where they stand here; none where they cannot be read.
#[expect(
    clippy::option_option,
    reason = "that none are said is another thing than that they cannot be read"
)]
fn arguments(words: &mut Words<'_>) -> Option<Option<Vec<Vec<String>>>> {
    if !words.is_mark("(") {
        return Some(None);
    }
    let mut types = Vec::new();
    for item in words.items() {
        match argument(item) {
            Argument::Of(forms) => types.push(forms),
            Argument::Result => {}
            Argument::Unread => return None,
        }
    }
    Some(Some(types))
}

/// What stands between two commas.
enum Argument {
    /// An argument, with the ways to read its type.
    Of(Vec<String>),
    /// What the routine is not known by.
    Result,
    /// Something else.
    Unread,
}

fn argument(mut item: Words<'_>) -> Argument {
    // How an aggregate of whole rows is written.
    if item.is_item_end() || item.text() == "*" {
        return Argument::Result;
    }
    // Of a procedure it may count, which the server's version decides.
    if item.is("OUT") {
        return Argument::Unread;
    }
    item.eat_any(&MODES);
    let mut parts: Vec<String> = Vec::new();
    let mut joins = false;
    while !item.is_item_end() && !item.is("DEFAULT") && !["=", ":="].contains(&item.text()) {
        if item.is("ORDER") || item.text() == "%" {
            return Argument::Unread;
        }
        if item.is_mark("(") {
            item.skip_parentheses();
        } else if item.is_mark("[") {
            while !item.is_item_end() && !item.eat_mark("]") {
                item.skip();
            }
            let last = parts.last_mut().filter(|last| !last.ends_with("[]"));
            if let Some(last) = last {
                last.push_str("[]");
            }
        } else if item.eat_mark(".") {
            joins = true;
            if let Some(last) = parts.last_mut() {
                last.push('.');
            }
        } else {
            if !matches!(
                item.kind(),
                Some(TokenKind::Word | TokenKind::QuotedIdentifier)
            ) {
                return Argument::Unread;
            }
            let word = item.plain();
            match parts.last_mut().filter(|_| joins) {
                Some(last) => last.push_str(&word),
                None => parts.push(word),
            }
            joins = false;
            item.skip();
        }
    }
    let forms = [parts.as_slice(), parts.get(1..).unwrap_or_default()];
    let forms = forms.into_iter().filter(|words| !words.is_empty());
    Argument::Of(forms.map(type_of).collect())
}

/// Returns a type as the server writes it.
fn type_of(words: &[String]) -> String {
    let said = words.join(" ");
    let (base, array) = match said.strip_suffix("[]") {
        Some(base) => (base, "[]"),
        None => (&*said, ""),
    };
    let alias = ALIASES.iter().find(|(alias, _)| *alias == base);
    format!("{}{array}", alias.map_or(base, |(_, name)| name))
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use super::*;
    use crate::backend::address::Engine;

    fn meant(text: &str) -> Vec<RoutineMeant> {
        let dialect = Engine::Postgres.dialect().expect("it is compiled in");
        let script = Script::parse(text, 1, dialect).expect("it is one");
        script.routines_meant(0)
    }

    fn routine(
        deed: Deed,
        schema: Option<&str>,
        name: &str,
        types: Option<&[&[&str]]>,
    ) -> RoutineMeant {
        let forms = |forms: &&[&str]| forms.iter().map(ToString::to_string).collect();
        let name = Name {
            schema: schema.map(str::to_owned),
            name: name.to_owned(),
        };
        RoutineMeant {
            deed,
            name,
            arguments: types.map(|types| types.iter().map(forms).collect()),
        }
    }

    #[test]
    fn each_argument_may_begin_with_its_name() {
        let said = "CREATE OR REPLACE FUNCTION a.f(IN x int DEFAULT (1 + 2), numeric(10, 2), VARIADIC y varchar(9)[], z other.mood = 'b', double precision) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;";
        let types: &[&[&str]] = &[
            &["x int", "integer"],
            &["numeric"],
            &["y varchar[]", "character varying[]"],
            &["z other.mood", "other.mood"],
            &["double precision", "precision"],
        ];
        let expected = routine(Deed::Replace, Some("a"), "f", Some(types));
        assert_eq!(meant(said), [expected]);
    }

    #[test]
    fn several_are_dropped_with_or_without_arguments() {
        let dropped = |schema, name, types| routine(Deed::Drop, schema, name, types);
        assert_eq!(
            meant("DROP ROUTINE IF EXISTS f, a.g(), h(timestamptz) CASCADE;"),
            [
                dropped(None, "f", None),
                dropped(Some("a"), "g", Some(&[])),
                dropped(None, "h", Some(&[&["timestamp with time zone"]])),
            ]
        );
        assert_eq!(
            meant("DROP AGGREGATE f(*);"),
            [dropped(None, "f", Some(&[]))]
        );
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        for said in [
            "DROP PROCEDURE p(OUT a int);",
            "DROP AGGREGATE a(int ORDER BY text);",
            "CREATE OR REPLACE FUNCTION f(a t.b%TYPE) RETURNS int LANGUAGE sql AS 'SELECT 1';",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
            "CREATE OR REPLACE VIEW f AS SELECT 1;",
            "DROP TABLE f;",
        ] {
            assert_eq!(meant(said), [], "{said}");
        }
    }
}
