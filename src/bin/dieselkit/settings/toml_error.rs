//! Turning what the TOML parser says into an error that quotes no values.

use std::path::Path;

use super::SettingsError;

/// Returns the error for the file at `path`, whose text is `text`.
pub(super) fn malformed(path: &Path, text: &str, error: &toml::de::Error) -> SettingsError {
    let (line, column) = position(text, error.span().map_or(0, |span| span.start));
    SettingsError::MalformedConfig {
        path: path.to_owned(),
        line,
        column,
        message: without_values(error.message()),
    }
}

/// Returns the line and the column, both 1-based, of the byte at `offset`.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

/// Returns serde's message without the string that it found in the wrong place, which may
/// be an address with its password: `invalid type: string "…", expected …`.
fn without_values(message: &str) -> String {
    let Some((before, rest)) = message.split_once("string \"") else {
        return message.replace('\n', ", ");
    };
    let after = rest
        .rsplit_once("\", expected")
        .map_or("", |(_, expected)| expected);
    format!("{before}string, expected{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_counted_in_lines_and_characters() {
        let text = "a = 1\nü = 2\n";
        assert_eq!(position(text, 0), (1, 1));
        assert_eq!(position(text, 6), (2, 1));
        assert_eq!(position(text, 9), (2, 3));
        assert_eq!(position(text, 999), (3, 1));
    }

    #[test]
    fn strings_are_left_out_of_messages() {
        let message = "invalid type: string \"postgres://u:\", expected@h\", expected a boolean";
        assert_eq!(
            without_values(message),
            "invalid type: string, expected a boolean"
        );
    }
}
