//! Makes rows up, one after the other: each value from the seed, its column's name and its row's
//! number alone, so that the same seed gives the same rows.
//!
//! Pure: what is there already has been read before.

use fake::rand::RngExt;

use super::asked::Pair;
use super::chance::Chance;
use super::combinations::Combinations;
use super::content::Content;
use super::draft::{Draft, Value};
use super::layout::Parent;
use super::numbers::Numbers;
use super::pool::Pool;
use crate::backend::rows::RowBlock;

/// How often a row is made anew whose columns do not compare as they should.
const TRIES: u64 = 1_000;
/// How often, in a hundred rows, one that may refer to an earlier one refers to none.
const PERCENT_ROOTS: u32 = 20;

/// How a column's values are made.
#[derive(Debug)]
pub(super) enum Making {
    /// There is none.
    Null,
    /// Each for itself, and NULL so often in a hundred rows.
    Each { content: Content, nulls: u32 },
    /// By a number of its own.
    Numbered { content: Content, numbers: Numbers },
    /// By chance, which the rows that are there take part in.
    Scattered { content: Content, lot: u64 },
    /// The value of a group's row.
    Group { group: usize, member: usize },
    /// The value of a number of a combination's part.
    Combined {
        content: Content,
        low: i64,
        combination: usize,
        part: usize,
    },
    /// The value of another row of this run, in the column that is the so-manieth that is made.
    OwnRow {
        key: usize,
        parent: Parent,
        nullable: bool,
    },
}

/// A column that values are made for.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) name: String,
    pub(super) making: Making,
    pub(super) chance: Chance,
}

/// Rows of other tables that the rows refer to.
#[derive(Debug)]
pub(super) struct References {
    pub(super) pool: Pool,
    pub(super) draw: Draw,
    pub(super) chance: Chance,
}

/// Which of a pool's rows a row refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Draw {
    /// Any, or none so often in a hundred rows.
    Any { nulls: u32 },
    /// Each once, in order.
    InOrder,
    /// As a part of a combination.
    Combined { combination: usize, part: usize },
}

/// Makes rows up.
#[derive(Debug)]
pub(super) struct Maker {
    pub(super) columns: Vec<Made>,
    pub(super) references: Vec<References>,
    pub(super) combinations: Vec<Combinations>,
    /// Of columns by their places among those that are made.
    pub(super) pairs: Vec<Pair>,
    /// How many rows the table had before.
    pub(super) there: u64,
    /// How many combinations of each kind were passed over.
    pub(super) passed: Vec<u64>,
    /// The row that is being made; its memory serves all of them.
    pub(super) draft: Draft,
}

/// Why there is no further row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoRow {
    /// So many tries did not make two columns compare as this one of the pairs asks.
    Pair(usize),
    /// The combinations of this kind are used up.
    UsedUp(usize),
}

impl Maker {
    /// Adds the so-manieth row of this run, 0-based, to a block.
    pub(super) fn make(&mut self, row: u64, block: &mut RowBlock) -> Result<(), NoRow> {
        let mut draft = std::mem::take(&mut self.draft);
        draft.values.resize(self.columns.len(), Value::default());
        let made = self.make_fitting(row, &mut draft);
        if made.is_ok() {
            draft.push(block);
            block.end_row();
        }
        self.draft = draft;
        made
    }

    fn make_fitting(&mut self, row: u64, draft: &mut Draft) -> Result<(), NoRow> {
        let mut failing = 0;
        for attempt in 0..TRIES {
            self.draw(row, attempt, draft)?;
            match self.failing(draft) {
                None => return Ok(()),
                Some(pair) => {
                    failing = pair;
                    self.pass_over(pair);
                }
            }
        }
        Err(NoRow::Pair(failing))
    }

    fn draw(&self, row: u64, attempt: u64, draft: &mut Draft) -> Result<(), NoRow> {
        draft.combined.clear();
        for (kind, combinations) in self.combinations.iter().enumerate() {
            let number = combinations.numbers.at(row + self.passed[kind]);
            let number = number.ok_or(NoRow::UsedUp(kind))?;
            draft.combined.push(combinations.parts(number));
        }
        self.refer(row, attempt, draft);
        // What is taken from the row itself comes when that is there.
        for is_own in [false, true] {
            for place in 0..self.columns.len() {
                if matches!(self.columns[place].making, Making::OwnRow { .. }) == is_own {
                    let mut value = std::mem::take(&mut draft.values[place]);
                    self.write(place, (row, attempt), draft, &mut value);
                    draft.values[place] = value;
                }
            }
        }
        Ok(())
    }

    /// Draws the rows of other tables that a row refers to.
    fn refer(&self, row: u64, attempt: u64, draft: &mut Draft) {
        draft.referred.clear();
        for references in &self.references {
            let chance = references
                .chance
                .numbered(self.there + row)
                .numbered(attempt);
            let drawn = match references.draw {
                Draw::Any { nulls } => {
                    let mut random = chance.random();
                    let is_null = random.random_range(0..100) < nulls;
                    (!is_null).then(|| random.random_range(0..references.pool.len()))
                }
                Draw::InOrder => usize::try_from(row).ok(),
                Draw::Combined { combination, part } => {
                    usize::try_from(draft.combined[combination][part]).ok()
                }
            };
            draft.referred.push(drawn);
        }
    }

    /// Writes the value of a column.
    fn write(&self, place: usize, (row, attempt): (u64, u64), draft: &Draft, value: &mut Value) {
        let column = &self.columns[place];
        value.text.clear();
        value.is_null = false;
        value.order = None;
        let chance = column.chance.numbered(self.there + row).numbered(attempt);
        match &column.making {
            Making::Null => value.is_null = true,
            Making::Each { content, nulls } => {
                let mut random = chance.random();
                value.is_null = *nulls > 0 && random.random_range(0..100) < *nulls;
                if !value.is_null {
                    value.order = content.write(&mut random, &mut value.text);
                }
            }
            Making::Group { group, member } => match draft.referred[*group] {
                None => value.is_null = true,
                Some(referred) => {
                    let pool = &self.references[*group].pool;
                    value.text.push_str(pool.value(referred, *member));
                }
            },
            Making::Combined {
                content,
                low,
                combination,
                part,
            } => {
                let number = low + draft.combined[*combination][*part];
                value.order = content.write_numbered(number, &mut chance.random(), &mut value.text);
            }
            Making::OwnRow {
                key,
                parent,
                nullable,
            } => match parent.of(row, if *nullable { PERCENT_ROOTS } else { 0 }, chance) {
                Some(of) => value.order = self.write_alone(*key, of, &mut value.text),
                None if *nullable => value.is_null = true,
                None => value.clone_from(&draft.values[*key]),
            },
            Making::Numbered { .. } | Making::Scattered { .. } => {
                value.order = self.write_alone(place, row, &mut value.text);
            }
        }
    }

    /// Writes the value that a row has in a column of which no two rows have the same, whatever
    /// else is in the row.
    fn write_alone(&self, place: usize, row: u64, text: &mut String) -> Option<i64> {
        let column = &self.columns[place];
        match &column.making {
            Making::Numbered { content, numbers } => {
                let mut random = column.chance.numbered(self.there + row).random();
                content.write_numbered(numbers.at(row)?, &mut random, text)
            }
            Making::Scattered { content, lot } => {
                let mut random = column.chance.numbered(*lot).numbered(row).random();
                content.write(&mut random, text)
            }
            _ => None,
        }
    }

    /// Returns the first pair of columns that do not compare as they should, after putting right
    /// what the other way round would.
    fn failing(&self, draft: &mut Draft) -> Option<usize> {
        for pair in &self.pairs {
            let may_turn = self.may_turn(pair, draft);
            if !draft.fulfils(pair) && may_turn {
                draft.values.swap(pair.left, pair.right);
            }
        }
        self.pairs.iter().position(|pair| !draft.fulfils(pair))
    }

    /// Returns whether two values can change places.
    fn may_turn(&self, pair: &Pair, draft: &Draft) -> bool {
        let takes = |place: usize, other: usize| match &self.columns[place].making {
            Making::Each {
                content: Content::Ordered(span),
                ..
            } => {
                let order = draft.values[other].order;
                order.is_some_and(|number| {
                    (span.low..=span.high).contains(&number) && !span.none_of.contains(&number)
                })
            }
            _ => false,
        };
        takes(pair.left, pair.right) && takes(pair.right, pair.left)
    }

    /// Takes the next of the combinations that a pair's columns are of.
    fn pass_over(&mut self, pair: usize) {
        let Pair { left, right, .. } = self.pairs[pair];
        let mut kinds = [left, right].map(|place| self.combination_of(place));
        if kinds[0] == kinds[1] {
            kinds[1] = None;
        }
        for kind in kinds.into_iter().flatten() {
            self.passed[kind] += 1;
        }
    }

    fn combination_of(&self, place: usize) -> Option<usize> {
        match self.columns[place].making {
            Making::Combined { combination, .. } => Some(combination),
            Making::Group { group, .. } => match self.references[group].draw {
                Draw::Combined { combination, .. } => Some(combination),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Parent {
    /// Returns which row before it a row refers to, if any; none so often in a hundred rows.
    fn of(self, row: u64, roots: u32, chance: Chance) -> Option<u64> {
        match self {
            Self::Itself => None,
            Self::Previous => row.checked_sub(1),
            Self::Earlier => {
                let mut random = chance.random();
                let is_root = random.random_range(0..100) < roots;
                (row > 0 && !is_root).then(|| random.random_range(0..row))
            }
        }
    }
}
