//! The command that makes roles which a backup needs.
//!
//! Pure. It names no server: whoever shows it knows the address.

use crate::shell::command;

/// Returns the command that makes roles on a server, between backticks. Nobody can log in as these.
pub(crate) fn makes_roles(roles: &[&str]) -> String {
    let statements = roles
        .iter()
        .map(|role| format!("CREATE ROLE \"{}\"", role.replace('"', "\"\"")));
    let statements: Vec<String> = statements.collect();
    command("psql postgres --command {}", &[&statements.join("; ")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_name_is_one_name_for_the_shell_and_for_the_server() {
        let roles = ["ada", "-o", "the \"owner\"'s"];
        insta::assert_snapshot!(makes_roles(&roles), @r#"`psql postgres --command 'CREATE ROLE "ada"; CREATE ROLE "-o"; CREATE ROLE "the ""owner""'\''s"'`"#);
    }
}
