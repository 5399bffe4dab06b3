//! Who can log in to a database that was seeded for trying things out.

use dieselkit::seed::Credential;

use super::column;
use crate::report::style::{WAITING, styled};
use crate::report::table::{Column, Form, lay_out};

/// Returns the credentials as a table, passwords included; nothing where there are none.
pub(crate) fn credentials_text(credentials: &[Credential]) -> String {
    if credentials.is_empty() {
        return String::new();
    }
    let head = styled(WAITING, "change these in production");
    format!(
        "\ncredentials ({head}):\n{}",
        lay_out(&[form(credentials)]).0
    )
}

fn form(credentials: &[Credential]) -> Form {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    Form {
        columns: vec![
            column("name", 0),
            column("email", 0),
            column("password", 0),
            column("role", 1),
            Column {
                breaks_at: Some(16),
                ..column("description", 2)
            },
        ],
        rows: credentials
            .iter()
            .map(|one| {
                vec![
                    one.name.clone(),
                    text(&one.email),
                    one.password.clone(),
                    text(&one.role),
                    text(&one.description),
                ]
            })
            .collect(),
    }
}
