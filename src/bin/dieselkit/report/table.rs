//! Tables that fit the terminal: columns of less weight are left out before anything is wrapped.

use comfy_table::{ContentArrangement, Table, presets};

use super::style::{HEAD, styled};

/// A column: its head, and how soon it is given up for want of room (never, where it is zero).
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) head: &'static str,
    pub(super) spare: u8,
}

/// Returns the width of the terminal that standard output is, if it is one.
fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0))
}

/// Lays out rows of one text a column, without colours but for the head.
pub(super) fn lay_out(columns: &[Column], rows: &[Vec<String>]) -> String {
    let kept = kept(columns, rows, terminal_width());
    let pick =
        |row: &[String]| -> Vec<String> { kept.iter().map(|index| row[*index].clone()).collect() };
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = terminal_width() {
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    }
    table.set_header(kept.iter().map(|index| columns[*index].head));
    for row in rows {
        table.add_row(pick(row));
    }
    let mut text = String::new();
    for (index, line) in table.lines().enumerate() {
        let line = line.trim_end();
        text += " ";
        text += &if index == 0 {
            styled(HEAD, line)
        } else {
            line.to_owned()
        };
        text.push('\n');
    }
    text
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

fn needed(columns: &[Column], rows: &[Vec<String>], kept: &[usize]) -> usize {
    let width = |index: &usize| {
        let cells = rows.iter().map(|row| row[*index].chars().count());
        cells.max().unwrap_or(0).max(columns[*index].head.len()) + 2
    };
    kept.iter().map(width).sum::<usize>() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column {
            head: "state",
            spare: 0,
        },
        Column {
            head: "name",
            spare: 0,
        },
        Column {
            head: "by",
            spare: 1,
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
        assert_eq!(kept(&COLUMNS, &rows(), Some(26)), [0, 1]);
        assert_eq!(kept(&COLUMNS, &rows(), Some(5)), [0, 1]);
    }

    #[test]
    fn a_column_that_says_nothing_is_left_out() {
        let rows = vec![["applied", "create_users", ""].map(str::to_owned).to_vec()];
        assert_eq!(kept(&COLUMNS, &rows, None), [0, 1]);
    }
}
