//! How the right is granted that a role lacks.
//!
//! Where the server is not asked, its words alone tell which one that is.

use crate::backend::error::DatabaseError;
use crate::backend::tables::quote_identifier;

/// Returns how a right is granted to the role whose rights count, where that is known.
pub(in crate::backend) fn grant(right: &str, role: Option<&str>) -> String {
    match role {
        Some(role) => format!("let the owner run `GRANT {right} TO {role};`"),
        None => format!(
            "let the owner run `GRANT {right} TO ROLE;`, ROLE being the user of the address"
        ),
    }
}

/// Returns what lets a user work as a role.
pub(in crate::backend) fn membership(role: &str, user: &str, error: &DatabaseError) -> String {
    if error.message.contains("means no role") {
        return "name the role that is to own what is made, in `role` or by `--set-role`, or leave it out".to_owned();
    }
    let (role, user) = (quote_identifier(role), quote_identifier(user));
    let grant = format!("GRANT {role} TO {user};");
    if error.message.contains("permission denied") {
        return format!("let a superuser, or who administers the role, run `{grant}`");
    }
    format!("let a superuser run `CREATE ROLE {role}; {grant}`, or name another role")
}

impl DatabaseError {
    /// Returns how the right is granted that the role lacks, where that can be told.
    ///
    /// The code of such an error is 42501, which Diesel keeps to itself, so the words decide.
    pub(crate) fn lacking_right(&self) -> Option<String> {
        self.lacking_right_of("")
    }

    pub(super) fn lacking_right_of(&self, statement: &str) -> Option<String> {
        let denied = denied(&self.message, statement);
        let (who, command) = denied.or_else(|| not_owned(&self.message))?;
        Some(format!(
            "let {who} run `{command}`, ROLE being the user of the address"
        ))
    }
}

/// Returns what has to be granted on a table for a statement that begins like this.
fn on_table(statement: &str) -> &'static str {
    let mut words = statement.split_ascii_whitespace();
    let first = words.next().unwrap_or_default().to_ascii_uppercase();
    let said: Vec<String> = words.map(str::to_ascii_uppercase).collect();
    let makes = |kind: &str| said.iter().take(3).any(|word| word == kind);
    match first.as_str() {
        "CREATE" if makes("TRIGGER") => "TRIGGER ON TABLE",
        // It reads another one (`AS`, `LIKE`), or refers to it.
        "CREATE" | "ALTER" if makes("TABLE") => "SELECT, REFERENCES ON TABLE",
        _ => "SELECT, INSERT, UPDATE, DELETE ON TABLE",
    }
}

/// Returns who can grant what is denied, and by which command.
fn denied(message: &str, statement: &str) -> Option<(&'static str, String)> {
    let thing = message.strip_prefix("permission denied ")?;
    if thing == "to create database" {
        return Some(("a superuser", "ALTER USER ROLE CREATEDB;".to_owned()));
    }
    let (kind, name) = thing.strip_prefix("for ")?.split_once(' ')?;
    let (who, right) = match kind {
        "schema" => ("the owner of the schema", "USAGE, CREATE ON SCHEMA"),
        "table" | "view" => ("its owner", on_table(statement)),
        "sequence" => ("its owner", "USAGE, SELECT, UPDATE ON SEQUENCE"),
        _ => return None,
    };
    Some((who, format!("GRANT {right} {name} TO ROLE;")))
}

/// Returns who can hand over what only its owner may change, and by which command.
fn not_owned(message: &str) -> Option<(&'static str, String)> {
    let (kind, name) = message
        .strip_prefix("must be owner of ")?
        .rsplit_once(' ')?;
    let kind = kind.to_uppercase().replace("RELATION", "TABLE");
    // A name of anything else may be a qualified one, and the server does not tell.
    let name = match kind.as_str() {
        "DATABASE" => quote_identifier(name),
        _ => name.to_owned(),
    };
    Some(("a superuser", format!("ALTER {kind} {name} OWNER TO ROLE;")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_granted_on_a_table_is_what_the_statement_wants() {
        let error = DatabaseError::from_message("permission denied for table theirs");
        for (statement, right) in [
            (
                "CREATE TABLE a (b INTEGER …",
                "GRANT SELECT, REFERENCES ON TABLE theirs",
            ),
            (
                "ALTER TABLE a ADD FOREIGN KEY …",
                "GRANT SELECT, REFERENCES ON TABLE theirs",
            ),
            (
                "CREATE OR REPLACE TRIGGER a …",
                "GRANT TRIGGER ON TABLE theirs",
            ),
            ("create trigger a …", "GRANT TRIGGER ON TABLE theirs"),
            (
                "UPDATE theirs …",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE theirs",
            ),
        ] {
            let cure = error.cure_of_statement(statement, "dieselkit up");
            assert!(cure.is_some_and(|cure| cure.contains(right)), "{statement}");
        }
        let extension = DatabaseError::from_message("permission denied to create extension \"x\"");
        assert!(
            extension
                .cure()
                .is_some_and(|cure| cure.contains("GRANT CREATE ON DATABASE"))
        );
    }
}
