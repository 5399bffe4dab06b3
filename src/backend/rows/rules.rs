//! What a table asks of the rows that are made up for it: the values that its columns take, and the
//! constraints that they have to keep.

/// What kind of values a column takes, in whatever engine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "postgres"),
    expect(dead_code, reason = "only PostgreSQL has all of them")
)]
pub(crate) enum ValueType {
    /// Whole numbers between two, both inclusive.
    Whole {
        low: i64,
        high: i64,
    },
    /// Numbers with so many digits, of which so many stand behind the point.
    Decimal {
        digits: Option<u32>,
        scale: u32,
    },
    /// Numbers stored as binary ones.
    Real,
    Boolean,
    /// Texts of so many characters at most.
    Text {
        longest: Option<usize>,
    },
    Bytes,
    Uuid,
    Json,
    Date,
    /// A time of day.
    Time,
    /// A moment, with or without a zone.
    Moment {
        zoned: bool,
    },
    Interval,
    /// One of these texts.
    Label(Vec<String>),
    /// An array of such values.
    Array(Box<ValueType>),
    /// A range of such values.
    Range(Box<ValueType>),
    /// A network address, of a host or of a network.
    Address {
        network: bool,
    },
    /// A hardware address.
    Hardware,
    /// So many bits.
    Bits {
        count: usize,
    },
    /// A point of the plane.
    Point,
    /// Something else, which only the engine knows.
    Unknown,
}

/// Who gives a column its value where a row has none for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filled {
    /// Nobody: it is NULL.
    Nobody,
    /// A default that the table has been given.
    Default,
    /// The database counts: a serial, an identity, a rowid.
    Counted,
    /// The database computes it, and takes no other value.
    Computed,
}

/// A column, as far as making up a value for it needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnRule {
    pub(crate) name: String,
    pub(crate) values: ValueType,
    /// Whether NULL is one, the column's domain asked as well.
    pub(crate) nullable: bool,
    pub(crate) filled: Filled,
}

/// A condition that every row has to fulfil.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckRule {
    /// As the engine names it where it refuses a row: on `SQLite` its text where it has no name.
    pub(crate) name: String,
    /// In the engine's SQL.
    pub(crate) expression: String,
    /// The column that `VALUE` in it stands for, where it is a domain's.
    pub(crate) value: Option<String>,
}

/// What a table asks of its rows, beside what [`TableShape`](super::TableShape) tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableRules {
    /// In the table's order.
    pub(crate) columns: Vec<ColumnRule>,
    pub(crate) checks: Vec<CheckRule>,
    /// The columns of each unique key or index, those over expressions and some of the rows as
    /// well: the primary key first.
    pub(crate) unique: Vec<Vec<String>>,
}
