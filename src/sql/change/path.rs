//! Where names are looked for from a statement on.
//! <https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATH>

use super::Path;
use crate::sql::words::Words;

const SETTING: &str = "SEARCH_PATH";

/// Reads a statement, where it says that.
pub(super) fn read(words: &mut Words<'_>) -> Option<Path> {
    if words.eat("RESET") {
        return words.is_any(&[SETTING, "ALL"]).then_some(Path::Usual);
    }
    if words.eat("SELECT") {
        let is_it = words.has_ahead("SET_CONFIG") && says_ahead(words, SETTING);
        return is_it.then_some(Path::Unknown);
    }
    if !words.eat("SET") {
        return None;
    }
    words.eat_all_of(&["LOCAL", "SESSION"]);
    if !words.eat_any(&[SETTING, "SCHEMA"]) {
        return None;
    }
    if words.eat("FROM") {
        return Some(Path::Usual);
    }
    if words.text() == "=" || words.is("TO") {
        words.skip();
    }
    if words.is("DEFAULT") {
        return Some(Path::Usual);
    }
    Some(schemas(words).map_or(Path::Unknown, Path::Schemas))
}

/// Reads the schemas of a path, which may be words or texts.
fn schemas(words: &mut Words<'_>) -> Option<Vec<String>> {
    let mut schemas = Vec::new();
    loop {
        let schema = words.string().or_else(|| words.identifier())?;
        // Whose schema that is, only the server knows.
        if schema == "$user" || schema.contains(',') {
            return None;
        }
        schemas.push(schema);
        if !words.eat_mark(",") {
            return Some(schemas);
        }
    }
}

fn says_ahead(words: &Words<'_>, setting: &str) -> bool {
    let statement = words.phrase();
    let mut rest = words.index()..statement.tokens().len();
    rest.any(|index| {
        let text = statement.text_at(index);
        text.trim_matches('\'').eq_ignore_ascii_case(setting)
    })
}
