//! Where in a template a piece of its rendering comes from.
//!
//! A second rendering is made of the template with its line numbers written into it, between marks;
//! blanks aside (a tag may trim them, and stops at a mark) both say the same, so that a character of
//! the one is found in the other by counting.

use std::fmt::Write as _;

use crate::sql::Position;

/// What a line's number stands between; of Unicode's private use.
const MARK: char = '\u{f8fd}';

/// The rendering's lines, as far as they come from the template's.
#[derive(Debug, Clone, Default)]
pub(super) struct Origins {
    /// After how many characters that are no blanks which line of the template begins.
    starts: Vec<(usize, usize)>,
}

/// Returns the template with the number of each line at its start, where that is in no tag.
pub(super) fn mark(template: &str) -> String {
    let mut marked = String::new();
    let mut inside = None;
    for (index, line) in template.split_inclusive('\n').enumerate() {
        if inside.is_none() {
            let _ = write!(marked, "{MARK}{}{MARK}", index + 1);
        }
        marked += line;
        inside = after(line, inside);
    }
    marked
}

/// Returns the end of the tag that is open after a line.
fn after(mut rest: &str, mut inside: Option<&'static str>) -> Option<&'static str> {
    loop {
        if let Some(end) = inside {
            let Some(at) = rest.find(end) else {
                return inside;
            };
            rest = &rest[at + end.len()..];
        }
        let opened = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")]
            .into_iter()
            .filter_map(|(begin, end)| Some((rest.find(begin)?, end)))
            .min();
        let (at, end) = opened?;
        rest = &rest[at + 2..];
        inside = Some(end);
    }
}

/// Returns a text without marks, as a filter is to see it.
pub(super) fn unmarked(text: &str) -> String {
    let pieces = text.split(MARK).enumerate();
    pieces
        .filter(|(index, _)| index % 2 == 0)
        .map(|(_, piece)| piece)
        .collect()
}

impl Origins {
    /// Reads the marks of a rendering; none where it is another than the one without marks.
    pub(super) fn read(marked: &str, rendered: &str) -> Self {
        let visible = |text: &str| -> String { text.split_whitespace().collect() };
        if visible(&unmarked(marked)) != visible(rendered) {
            return Self::default();
        }
        let mut starts = Vec::new();
        let mut count = 0;
        for (index, piece) in marked.split(MARK).enumerate() {
            match piece.parse() {
                Ok(line) if index % 2 == 1 => starts.push((count, line)),
                _ => count += visible(piece).chars().count(),
            }
        }
        Self { starts }
    }

    /// Returns where in the template something of the rendering is; the column is 1 where what
    /// stands before it on the line is made by a tag.
    pub(super) fn of(
        &self,
        position: Position,
        rendered: &str,
        template: &str,
    ) -> Option<Position> {
        let mut before = String::new();
        for line in rendered.split_inclusive('\n').take(position.line - 1) {
            before += line;
        }
        let line = rendered.lines().nth(position.line - 1).unwrap_or_default();
        let prefix: String = line.chars().take(position.column - 1).collect();
        let visible = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
        let count = visible(&before) + visible(&prefix);
        let (_, origin) = self.starts.iter().rfind(|(start, _)| *start <= count)?;
        let written = template.lines().nth(origin - 1).unwrap_or_default();
        let column = if written.starts_with(&prefix) {
            position.column
        } else {
            1
        };
        Some(Position {
            line: *origin,
            column,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_marked_where_no_tag_is_open() {
        let marked = mark("a {{\n b }}\n{# c\n #} d\ne");
        let lines: Vec<&str> = marked.lines().collect();
        let begins = |index: usize| lines[index].starts_with(MARK);
        assert_eq!(
            [0, 1, 2, 3, 4].map(begins),
            [true, false, true, false, true]
        );
        assert_eq!(unmarked(&marked), "a {{\n b }}\n{# c\n #} d\ne");
    }

    #[test]
    fn a_place_of_the_rendering_is_one_of_the_template() {
        let template = "{% for n in [1, 2] -%}\nSELECT {{ n }};\n{% endfor %}\nSELECT x;";
        let rendered = "SELECT 1;\nSELECT 2;\n\nSELECT x;";
        let marked = format!(
            "{MARK}1{MARK}{MARK}2{MARK}SELECT 1;\n{MARK}3{MARK}{MARK}2{MARK}SELECT 2;\n\
{MARK}3{MARK}\n{MARK}4{MARK}SELECT x;"
        );
        let origins = Origins::read(&marked, rendered);
        let of = |line, column| {
            let found = origins.of(Position { line, column }, rendered, template);
            found.map(|position| (position.line, position.column))
        };
        assert_eq!(of(1, 8), Some((2, 8)));
        assert_eq!(of(2, 9), Some((2, 1)));
        assert_eq!(of(4, 8), Some((4, 8)));
        assert!(Origins::read("other", rendered).starts.is_empty());
    }
}
