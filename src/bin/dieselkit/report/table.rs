//! Tables that fit the terminal: columns of less weight are left out before anything is wrapped.

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

/// Lays out rows of one text a column, without colours but for the head.
pub(super) fn lay_out(columns: &[Column], rows: &[Vec<String>]) -> String {
    lay_out_in(columns, rows, terminal_width())
}

fn lay_out_in(columns: &[Column], rows: &[Vec<String>], width: Option<usize>) -> String {
    let kept = kept(columns, rows, width);
    let room = room(columns, rows, &kept, width);
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = width {
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

    #[test]
    fn a_column_that_says_nothing_is_left_out() {
        let rows = vec![["applied", "create_users", ""].map(str::to_owned).to_vec()];
        assert_eq!(kept(&COLUMNS, &rows, None), [0, 1]);
    }

    #[test]
    fn a_name_is_broken_behind_its_underscores_before_a_column_is_given_up() {
        let text = lay_out_in(&COLUMNS, &rows(), Some(25));
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines, ["  applied  create_  ada", "           users"]);
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
