//! Tables that fit the terminal: what has a shorter form is shortened, then columns of less weight
//! are left out.

use comfy_table::{ContentArrangement, Table, presets};

use super::style::{HEAD, styled};

/// A column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// What stands above it.
    pub(super) head: &'static str,
    /// How soon it is given up for want of room; never, where it is zero.
    pub(super) spare: u8,
    /// The width, in characters, below which it is not broken into lines; none where it is not
    /// broken at all.
    pub(super) breaks_at: Option<usize>,
}

/// Returns the width of the terminal that standard output is, if it is one.
fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0))
}

/// The columns, and rows of one text a column: one form of what a table says.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<String>>,
}

/// Columns that did not fit the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// Their heads, from left to right.
    pub(crate) columns: Vec<&'static str>,
    /// The width of the terminal.
    pub(crate) width: usize,
}

/// Lays out the longest form of which every column fits, else as much of the shortest as does,
/// without colours but for the head. The forms come from long to short.
pub(super) fn lay_out(forms: &[Form]) -> (String, Option<LeftOut>) {
    lay_out_in(forms, terminal_width())
}

/// As [`lay_out`], in so many characters; without an end where no width is given.
fn lay_out_in(forms: &[Form], width: Option<usize>) -> (String, Option<LeftOut>) {
    let fitting = forms
        .iter()
        .find(|form| left_out(form, width).is_none() && fits(form, width))
        .or(forms.last());
    fitting.map_or_else(Default::default, |form| {
        (lay_out_form(form, width), left_out(form, width))
    })
}

fn left_out(form: &Form, width: Option<usize>) -> Option<LeftOut> {
    let Form { columns, rows } = form;
    let kept = kept(columns, rows, width);
    let mut all = self::kept(columns, rows, None);
    all.retain(|index| !kept.contains(index));
    (!all.is_empty()).then(|| LeftOut {
        columns: all.iter().map(|index| columns[*index].head).collect(),
        width: width.unwrap_or_default(),
    })
}

fn lay_out_form(form: &Form, width: Option<usize>) -> String {
    let Form { columns, rows } = form;
    let kept = kept(columns, rows, width);
    let room = room(columns, rows, &kept, width);
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    // Where the columns do not fit, the terminal wraps the lines: a value that is copied from it is
    // whole.
    if let Some(width) = width.filter(|_| fits(form, width)) {
        table.set_width(u16::try_from(width.saturating_sub(1)).unwrap_or(u16::MAX));
    }
    table.set_header(kept.iter().map(|index| columns[*index].head));
    for row in rows {
        table.add_row(kept.iter().map(|index| match columns[*index].breaks_at {
            Some(_) => broken(&row[*index], room),
            None => row[*index].clone(),
        }));
    }
    let line = |(index, line): (usize, String)| match (index, line.trim_end()) {
        (0, head) => format!(" {}\n", styled(HEAD, head)),
        (_, line) => format!(" {line}\n"),
    };
    table.lines().enumerate().map(line).collect()
}

/// Returns whether the columns that are kept stand beside each other.
fn fits(form: &Form, width: Option<usize>) -> bool {
    let Form { columns, rows } = form;
    let kept = kept(columns, rows, width);
    width.is_none_or(|width| needed(columns, rows, &kept) <= width)
}

/// Returns the columns that are shown: those that say anything, as many as there is room for.
fn kept(columns: &[Column], rows: &[Vec<String>], width: Option<usize>) -> Vec<usize> {
    let says_something = |index: &usize| rows.iter().any(|row| !row[*index].is_empty());
    let mut kept: Vec<usize> = (0..columns.len()).filter(says_something).collect();
    let Some(width) = width else {
        return kept;
    };
    while needed(columns, rows, &kept) > width {
        let spared = kept
            .iter()
            .enumerate()
            .filter(|(_, index)| columns[**index].spare > 0)
            .max_by_key(|(_, index)| columns[**index].spare)
            .map(|(place, _)| place);
        match spared {
            Some(place) => kept.remove(place),
            None => break,
        };
    }
    kept
}

/// Returns the least width at which the columns stand beside each other.
fn needed(columns: &[Column], rows: &[Vec<String>], kept: &[usize]) -> usize {
    let width = |index: &usize| {
        let full = full_width(columns, rows, *index);
        columns[*index]
            .breaks_at
            .map_or(full, |least| full.min(least))
            + 2
    };
    kept.iter().map(width).sum::<usize>() + 1
}

fn full_width(columns: &[Column], rows: &[Vec<String>], index: usize) -> usize {
    let cells = rows.iter().map(|row| row[index].chars().count());
    cells.max().unwrap_or(0).max(columns[index].head.len())
}

/// Returns how wide the column that can be broken may be; a table has one of them.
fn room(columns: &[Column], rows: &[Vec<String>], kept: &[usize], width: Option<usize>) -> usize {
    let breakable = kept
        .iter()
        .find_map(|index| Some((*index, columns[*index].breaks_at?)));
    let (Some(width), Some((index, least))) = (width, breakable) else {
        return usize::MAX;
    };
    let narrowest = full_width(columns, rows, index).min(least);
    narrowest + width.saturating_sub(needed(columns, rows, kept))
}

/// Breaks a name into lines behind its underscores, so that no line is wider than `room` unless a
/// word is.
fn broken(name: &str, room: usize) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in name.split_inclusive('_') {
        let width = word.chars().count();
        if column > 0 && column + width > room {
            text.push('\n');
            column = 0;
        }
        text += word;
        column += width;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column {
            head: "state",
            spare: 0,
            breaks_at: None,
        },
        Column {
            head: "name",
            spare: 0,
            breaks_at: Some(8),
        },
        Column {
            head: "by",
            spare: 1,
            breaks_at: None,
        },
    ];

    fn rows() -> Vec<Vec<String>> {
        vec![
            ["applied", "create_users", "ada"]
                .map(str::to_owned)
                .to_vec(),
        ]
    }

    #[test]
    fn a_narrow_terminal_costs_the_columns_of_least_weight() {
        assert_eq!(kept(&COLUMNS, &rows(), Some(80)), [0, 1, 2]);
        assert_eq!(kept(&COLUMNS, &rows(), Some(20)), [0, 1]);
        assert_eq!(kept(&COLUMNS, &rows(), Some(5)), [0, 1]);
    }

    fn form(rows: &[Vec<String>]) -> Form {
        Form {
            columns: COLUMNS.to_vec(),
            rows: rows.to_vec(),
        }
    }

    #[test]
    fn a_shorter_form_is_taken_before_a_column_is_given_up() {
        let mut short = rows();
        short[0][2] = "a".to_owned();
        let forms = [form(&rows()), form(&short)];
        let (text, left_out) = lay_out_in(&forms, Some(24));
        assert!(text.contains("users"), "{text}");
        assert!(!text.contains("ada"), "{text}");
        assert_eq!(left_out, None);
    }

    #[test]
    fn what_is_given_up_is_named() {
        let (_, left_out) = lay_out_in(&[form(&rows())], Some(20));
        let by = LeftOut {
            columns: vec!["by"],
            width: 20,
        };
        assert_eq!(left_out, Some(by));
    }

    #[test]
    fn a_column_that_says_nothing_is_left_out() {
        let rows = vec![["applied", "create_users", ""].map(str::to_owned).to_vec()];
        assert_eq!(kept(&COLUMNS, &rows, None), [0, 1]);
    }

    #[test]
    fn a_name_is_broken_behind_its_underscores_before_a_column_is_given_up() {
        let (text, left_out) = lay_out_in(&[form(&rows())], Some(25));
        assert_eq!(left_out, None);
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines, ["  applied  create_  ada", "           users"]);
    }

    #[test]
    fn what_does_not_fit_is_never_broken() {
        let (text, _) = lay_out_in(&[form(&rows())], Some(12));
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.contains("applied"), "{text}");
    }

    #[test]
    fn a_word_that_is_wider_than_the_room_is_left_whole() {
        assert_eq!(
            broken("internationalization_of_all", 6),
            "internationalization_\nof_all"
        );
        assert_eq!(broken("create_users", usize::MAX), "create_users");
    }
}
