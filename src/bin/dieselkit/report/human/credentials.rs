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
        lay_out(&forms(credentials)).0
    )
}

/// Returns the forms from long to short: all that is known, less and less of what is only told, and
/// at last what one types.
fn forms(credentials: &[Credential]) -> Vec<Form> {
    let whole = whole(credentials);
    let mut forms: Vec<Form> = (3..=whole.columns.len())
        .rev()
        .map(|count| first_columns(&whole, count))
        .collect();
    let login = |one: &Credential| one.email.clone().unwrap_or_else(|| one.name.clone());
    forms.push(Form {
        columns: vec![column("login", 0), column("password", 0)],
        rows: credentials
            .iter()
            .map(|one| vec![login(one), one.password.clone()])
            .collect(),
    });
    forms
}

fn first_columns(form: &Form, count: usize) -> Form {
    Form {
        columns: form.columns[..count].to_vec(),
        rows: form.rows.iter().map(|row| row[..count].to_vec()).collect(),
    }
}

fn whole(credentials: &[Credential]) -> Form {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    Form {
        columns: vec![
            column("name", 0),
            column("email", 0),
            column("password", 0),
            column("role", 0),
            Column {
                breaks_at: Some(16),
                ..column("description", 0)
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
