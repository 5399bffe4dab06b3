//! The lines of a diff, with what does not show in a terminal where it is the difference.

/// Returns the lines of a diff. Control characters are written as in Rust's source; so are tabs,
/// blanks at the end and invisible characters in a line that would look like its counterpart.
pub(super) fn lines(diff: &str) -> Vec<String> {
    // Not `lines`, which would take a carriage return for a part of the line's end.
    let all: Vec<&str> = diff
        .strip_suffix('\n')
        .unwrap_or(diff)
        .split('\n')
        .collect();
    let runs = all.chunk_by(|one, next| is_change(one) == is_change(next));
    runs.flat_map(run).collect()
}

fn is_change(line: &str) -> bool {
    line.starts_with(['-', '+', '\\'])
}

/// Shows the changes that stand together.
fn run(lines: &[&str]) -> Vec<String> {
    let has_twin = |line: &str| {
        let sign = if line.starts_with('-') { '+' } else { '-' };
        let mut others = lines.iter().filter(|other| other.starts_with(sign));
        is_change(line) && others.any(|other| looks(&other[1..]) == looks(&line[1..]))
    };
    let shown = lines.iter().map(|line| {
        if has_twin(line) {
            with_all_visible(line)
        } else {
            with_controls_visible(line)
        }
    });
    shown.collect()
}

/// Returns what a reader sees of a text.
fn looks(text: &str) -> String {
    let seen = text.chars().filter(|letter| !is_invisible(*letter));
    let seen: String = seen.collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a character takes no room: control characters but for the tab, and those that join,
/// divide or turn text. <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>
fn is_invisible(letter: char) -> bool {
    (letter.is_control() && letter != '\t')
        || matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn with_controls_visible(line: &str) -> String {
    let shown = line.chars().map(|letter| {
        if letter.is_control() && letter != '\t' {
            letter.escape_default().to_string()
        } else {
            letter.to_string()
        }
    });
    shown.collect()
}

fn with_all_visible(line: &str) -> String {
    let text = line.trim_end_matches(' ');
    let blanks = line.len() - text.len();
    let shown = text.chars().map(|letter| {
        let is_strange_blank = letter.is_whitespace() && letter != ' ';
        if is_strange_blank || is_invisible(letter) {
            letter.escape_default().to_string()
        } else {
            letter.to_string()
        }
    });
    shown.collect::<String>() + &"\\u{20}".repeat(blanks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_difference_shows() {
        for (diff, shown) in [
            ("-a 'b\r\n+a 'b\n", ["-a 'b\\r", "+a 'b"]),
            ("-a\tb\n+a b\n", ["-a\\tb", "+a b"]),
            ("-a  \n+a\n", ["-a\\u{20}\\u{20}", "+a"]),
            ("-a\u{a0}b\n+a b\n", ["-a\\u{a0}b", "+a b"]),
            ("-ab\n+a\u{200b}b", ["-ab", "+a\\u{200b}b"]),
        ] {
            assert_eq!(lines(diff), shown);
        }
    }

    #[test]
    fn what_is_not_the_difference_stays_as_it_is() {
        let diff = "@@ -1 +1 @@\n a\tb\n-\ta  \n+\tb\n c\n";
        let shown = ["@@ -1 +1 @@", " a\tb", "-\ta  ", "+\tb", " c"];
        assert_eq!(lines(diff), shown);
    }

    #[test]
    fn a_control_character_never_reaches_the_terminal() {
        assert_eq!(lines(" a\u{1b}[2Jb\n"), [" a\\u{1b}[2Jb"]);
    }
}
