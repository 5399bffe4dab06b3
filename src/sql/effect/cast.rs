//! What an expression behind `USING` makes of a column, as far as it only casts it.

/// Returns the types that an expression casts a column to, in order, in lower case: none where it is
/// the column itself; `None` where it is anything but casts of it. Its words are in lower case.
pub(crate) fn casts(expression: &[String], column: &str) -> Option<Vec<String>> {
    let words: Vec<&str> = expression.iter().map(String::as_str).collect();
    let mut types = Vec::new();
    of(&words, column, &mut types)?;
    Some(types)
}

fn of(words: &[&str], column: &str, types: &mut Vec<String>) -> Option<()> {
    match words {
        [name] | [_, ".", name] | [_, ".", _, ".", name] if *name == column => return Some(()),
        ["cast", "(", inner @ .., ")"] if is_one(inner) => {
            let place = outermost(inner, "as")?;
            of(&inner[..place], column, types)?;
            types.push(type_of(&inner[place + 1..]));
            return Some(());
        }
        ["(", inner @ .., ")"] if is_one(inner) => return of(inner, column, types),
        _ => {}
    }
    let place = outermost(words, "::")?;
    let of_type = &words[place + 1..];
    if !is_type(of_type) {
        return None;
    }
    of(&words[..place], column, types)?;
    types.push(type_of(of_type));
    Some(())
}

/// Returns whether parentheses around these words belong to each other.
fn is_one(words: &[&str]) -> bool {
    let mut depth = 0_i32;
    let closes_none = words.iter().all(|word| {
        depth += depth_of(word);
        depth >= 0
    });
    closes_none && depth == 0
}

/// Returns where a word stands last, outside parentheses.
fn outermost(words: &[&str], wanted: &str) -> Option<usize> {
    let mut depth = 0_i32;
    let mut found = None;
    for (index, word) in words.iter().enumerate() {
        depth += depth_of(word);
        if depth == 0 && *word == wanted {
            found = Some(index);
        }
    }
    found
}

fn depth_of(word: &str) -> i32 {
    match word {
        "(" => 1,
        ")" => -1,
        _ => 0,
    }
}

/// Returns whether nothing but a type stands there: what follows one begins otherwise.
fn is_type(words: &[&str]) -> bool {
    let is_of_type = |word: &&str| {
        let begins = word.chars().next().unwrap_or(' ');
        let is_word = begins.is_alphanumeric() || begins == '_' || "().,[]".contains(begins);
        is_word && !["at", "collate", "and", "or", "is", "in", "like"].contains(word)
    };
    !words.is_empty() && words.iter().all(is_of_type)
}

/// Returns a type as it is told elsewhere: with blanks between its words, and none in parentheses.
fn type_of(words: &[&str]) -> String {
    let mut said = String::new();
    let mut depth = 0_i32;
    for word in words {
        let is_apart = depth == 0 && !["(", ".", "["].contains(word);
        if is_apart && !said.is_empty() && !said.ends_with('.') {
            said.push(' ');
        }
        depth += depth_of(word);
        said.push_str(word);
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn casts_of_a_column_are_read_and_nothing_else() {
        let none: &[&str] = &[];
        for (expression, expected) in [
            ("n", Some(none)),
            ("( t . n )", Some(none)),
            ("n :: text", Some(&["text"])),
            ("( n ) :: varchar ( 20 )", Some(&["varchar(20)"])),
            (
                "n :: numeric ( 10 , 2 ) :: text",
                Some(&["numeric(10,2)", "text"]),
            ),
            (
                "cast ( n :: int as double precision )",
                Some(&["int", "double precision"]),
            ),
            ("trim ( n )", None),
            ("'x'", None),
            ("m", None),
            ("( n ) + ( n )", None),
            ("n :: int > 3", None),
            ("n :: timestamp at time zone 'utc'", None),
            ("- n :: int", None),
            (")", None),
            ("", None),
        ] {
            let words: Vec<String> = expression.split_whitespace().map(str::to_owned).collect();
            let expected = expected.map(|types| types.iter().map(ToString::to_string).collect());
            assert_eq!(casts(&words, "n"), expected, "{expression}");
        }
    }
}
