//! `pg_dump`'s patterns of names, as regular expressions of the server.
//!
//! Pure. The rules are those of psql (`PostgreSQL` manual, psql, Patterns).

/// A pattern of a name that may have a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    /// A regular expression of the schema, where one is named.
    pub(super) schema: Option<String>,
    /// A regular expression of the name itself.
    pub(super) name: String,
}

impl Pattern {
    /// Reads a pattern: `*` is any text, `?` any character, a dot outside of quotes ends the
    /// schema, and what stands in quotes is meant as it is written.
    pub(super) fn parse(text: &str) -> Self {
        let mut parts = vec![String::new()];
        let mut quoted = false;
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            let part = parts.last_mut().expect("there is one from the start");
            match letter {
                '"' if quoted && letters.peek() == Some(&'"') => {
                    letters.next();
                    part.push('"');
                }
                '"' => quoted = !quoted,
                '.' if !quoted => parts.push(String::new()),
                '*' if !quoted => part.push_str(".*"),
                '?' if !quoted => part.push('.'),
                '$' => part.push_str("\\$"),
                letter if quoted && "|*+?()[]{}.^\\".contains(letter) => {
                    part.extend(['\\', letter]);
                }
                letter if quoted => part.push(letter),
                letter => part.extend(letter.to_lowercase()),
            }
        }
        let name = whole(&parts.pop().unwrap_or_default());
        Self {
            schema: parts.pop().map(|schema| whole(&schema)),
            name,
        }
    }
}

fn whole(expression: &str) -> String {
    format!("^({expression})$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_read_as_psql_reads_it() {
        for (text, schema, name) in [
            ("Users", None, "^(users)$"),
            ("app.*", Some("^(app)$"), "^(.*)$"),
            ("a?c_[0-9]", None, "^(a.c_[0-9])$"),
            (
                "\"My.Schema\".\"T*\"\"x\"",
                Some("^(My\\.Schema)$"),
                "^(T\\*\"x)$",
            ),
            ("a$", None, "^(a\\$)$"),
            ("db.app.users", Some("^(app)$"), "^(users)$"),
        ] {
            let pattern = Pattern::parse(text);
            assert_eq!(pattern.schema.as_deref(), schema, "{text}");
            assert_eq!(pattern.name, name, "{text}");
        }
    }
}
