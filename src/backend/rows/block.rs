//! Rows as a file has them, many in one piece of memory.

use crate::sql::Position;

/// A value as its file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field<'a> {
    /// No value.
    Null,
    /// Text; of a format without types everything is.
    Text(&'a str),
    /// A number, as it was written.
    Number(&'a str),
    /// A truth value.
    Boolean(bool),
    /// A JSON object or array, as it was written.
    Json(&'a str),
}

impl<'a> Field<'a> {
    /// Returns the value as text; `None` for no value.
    pub(crate) fn text(self) -> Option<&'a str> {
        match self {
            Self::Null => None,
            Self::Text(text) | Self::Number(text) | Self::Json(text) => Some(text),
            Self::Boolean(truth) => Some(if truth { "true" } else { "false" }),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Tag {
    Null,
    Text,
    Number,
    Boolean(bool),
    Json,
}

/// A number of rows with the same columns.
///
/// All texts stand in one string, so that a row costs no allocation.
#[derive(Debug, Clone, Default)]
pub(crate) struct RowBlock {
    text: String,
    /// The tag of each field and where its text ends.
    fields: Vec<(Tag, usize)>,
    /// For each row where its fields end.
    rows: Vec<usize>,
    /// How many rows the file has before them.
    before: u64,
}

impl RowBlock {
    /// Adds a field to the row that is being read.
    pub(crate) fn push(&mut self, field: Field<'_>) {
        let (tag, text) = match field {
            Field::Null => (Tag::Null, ""),
            Field::Text(text) => (Tag::Text, text),
            Field::Number(text) => (Tag::Number, text),
            Field::Boolean(truth) => (Tag::Boolean(truth), ""),
            Field::Json(text) => (Tag::Json, text),
        };
        self.text.push_str(text);
        self.fields.push((tag, self.text.len()));
    }

    /// Ends the row that is being read.
    pub(crate) fn end_row(&mut self) {
        self.rows.push(self.fields.len());
    }

    /// Returns the number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns about how much memory the rows take, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + self.fields.len() * size_of::<(Tag, usize)>()
    }

    /// Forgets all rows, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.start_after(0);
    }

    /// Forgets all rows, and keeps the memory for those that come after so many of the file.
    pub(crate) fn start_after(&mut self, rows: u64) {
        self.text.clear();
        self.fields.clear();
        self.rows.clear();
        self.before = rows;
    }

    /// Returns which row of the file a row is, 1-based.
    pub(crate) fn number(&self, row: usize) -> u64 {
        self.before + row as u64 + 1
    }

    /// Returns the fields of a row.
    pub(crate) fn fields(&self, row: usize) -> impl Iterator<Item = Field<'_>> {
        (self.first_field(row)..self.rows[row]).map(|index| self.field(index))
    }

    /// Returns one field of a row, 0-based.
    pub(crate) fn field_of(&self, row: usize, column: usize) -> Field<'_> {
        self.field(self.first_field(row) + column)
    }

    fn first_field(&self, row: usize) -> usize {
        row.checked_sub(1).map_or(0, |before| self.rows[before])
    }

    fn field(&self, index: usize) -> Field<'_> {
        let begin = index
            .checked_sub(1)
            .map_or(0, |before| self.fields[before].1);
        let (tag, end) = self.fields[index];
        let text = &self.text[begin..end];
        match tag {
            Tag::Null => Field::Null,
            Tag::Text => Field::Text(text),
            Tag::Number => Field::Number(text),
            Tag::Boolean(truth) => Field::Boolean(truth),
            Tag::Json => Field::Json(text),
        }
    }

    /// Returns some of the rows as a block of their own.
    pub(crate) fn slice(&self, rows: std::ops::Range<usize>) -> Self {
        let mut slice = Self::default();
        slice.start_after(self.before + rows.start as u64);
        for row in rows {
            self.fields(row).for_each(|field| slice.push(field));
            slice.end_row();
        }
        slice
    }
}

/// A file cannot be read as rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowError {
    /// The place, where it is about one.
    pub(crate) position: Option<Position>,
    /// The column of the table, where it is about one.
    pub(crate) column: Option<String>,
    /// What is wrong, as a fragment.
    pub(crate) message: String,
}

/// Where rows come from, one after the other. They are read ahead, in a thread of its own.
pub(crate) trait RowSource: Send {
    /// Adds the next row to a block; `false` at the end.
    fn read(&mut self, rows: &mut RowBlock) -> Result<bool, RowError>;

    /// Returns how far it is: how many bytes of a file are read, or how many rows are made up.
    fn read_so_far(&self) -> u64;

    /// Begins again at the start; `false` where that cannot be done.
    ///
    /// It is asked for where rows have to be looked at once more to say what is wrong with them.
    fn rewind(&mut self) -> Result<bool, RowError> {
        Ok(false)
    }

    /// Returns where the row begins that was read last, or its value of a column, where one is
    /// asked for that it has; `None` where the source is no text.
    fn position(&self, _column: Option<&str>) -> Option<Position> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_out_as_they_went_in() {
        let mut block = RowBlock::default();
        block.start_after(4);
        block.push(Field::Text("a\u{e9}"));
        block.push(Field::Null);
        block.end_row();
        block.push(Field::Text(""));
        block.push(Field::Boolean(true));
        block.end_row();
        let rows: Vec<Vec<_>> = (0..block.len())
            .map(|row| block.fields(row).collect())
            .collect();
        assert_eq!(rows[0], [Field::Text("a\u{e9}"), Field::Null]);
        assert_eq!(rows[1], [Field::Text(""), Field::Boolean(true)]);
        assert_eq!((block.number(0), block.number(1)), (5, 6));
        let slice = block.slice(1..2);
        assert_eq!(slice.fields(0).collect::<Vec<_>>(), rows[1]);
        assert_eq!((slice.len(), slice.number(0)), (1, 6));
        assert_eq!(block.field_of(1, 1).text(), Some("true"));
    }
}
