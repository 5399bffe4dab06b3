//! What texts are made of: what they are about, and how long they are.
//!
//! Pure.

use fake::rand::RngExt;
use fake::rand::rngs::SmallRng;

use super::Conflict;
use crate::seed::generate::check::{Case, Comparison, Condition};
use crate::seed::generate::topic::Topic;

/// What texts are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::seed::generate) struct TextContent {
    pub(in crate::seed::generate) topic: Topic,
    /// In characters, inclusive.
    pub(in crate::seed::generate) shortest: usize,
    pub(in crate::seed::generate) longest: Option<usize>,
    pub(in crate::seed::generate) case: Option<Case>,
    pub(in crate::seed::generate) none_of: Vec<String>,
}

impl TextContent {
    pub(super) fn of(
        topic: Topic,
        longest: Option<usize>,
        conditions: &[&Condition],
    ) -> Result<Self, Conflict> {
        let mut text = Self {
            topic,
            shortest: 1.min(longest.unwrap_or(1)),
            longest,
            case: None,
            none_of: Vec::new(),
        };
        for (place, condition) in conditions.iter().enumerate() {
            match condition {
                Condition::Length(_, comparison, count) if !text.measure(*comparison, *count) => {
                    return Err(Conflict(place));
                }
                Condition::Letters(_, case) => text.case = Some(*case),
                Condition::NoneOf(_, values) => text.none_of.extend(values.iter().cloned()),
                _ => {}
            }
        }
        Ok(text)
    }

    /// Leaves the lengths that compare so with a count; `false` where there is none.
    fn measure(&mut self, comparison: Comparison, count: i64) -> bool {
        let size = |count: i64| usize::try_from(count.max(0)).unwrap_or(usize::MAX);
        let (low, high) = match comparison {
            Comparison::Less if count <= 0 => return false,
            Comparison::AtMost | Comparison::Equal if count < 0 => return false,
            Comparison::Less => (0, size(count - 1)),
            Comparison::AtMost => (0, size(count)),
            Comparison::Equal => (size(count), size(count)),
            Comparison::Other => return true,
            Comparison::AtLeast => (size(count), usize::MAX),
            Comparison::More => (size(count.saturating_add(1)), usize::MAX),
        };
        self.shortest = self.shortest.max(low);
        if high < usize::MAX {
            self.longest = Some(self.longest.map_or(high, |longest| longest.min(high)));
            if high == 0 {
                self.shortest = self.shortest.min(low);
            }
        }
        self.longest.is_none_or(|longest| self.shortest <= longest)
    }

    /// Returns how long a value is that would have this length if it may.
    pub(super) fn count(&self, usual: usize) -> usize {
        usual.clamp(
            self.shortest,
            self.longest.unwrap_or(usize::MAX).max(self.shortest),
        )
    }

    pub(super) fn takes(&self, value: &str) -> bool {
        let count = value.chars().count();
        let fits = self.longest.is_none_or(|longest| count <= longest);
        fits && !self.none_of.iter().any(|unwanted| unwanted == value)
    }

    /// Writes one into an empty text.
    pub(in crate::seed::generate) fn write(&self, random: &mut SmallRng, out: &mut String) {
        self.write_shortened(self.longest, random, out);
        if self.none_of.contains(out) {
            // A letter more, or another one.
            out.pop();
            self.fill(2, random, out);
            self.spell(out);
        }
    }

    /// Writes one of at most so many characters, which may be less than the longest.
    pub(in crate::seed::generate) fn write_shortened(
        &self,
        longest: Option<usize>,
        random: &mut SmallRng,
        out: &mut String,
    ) {
        self.topic.write(random, out);
        shorten(out, longest.unwrap_or(usize::MAX));
        let short = self.shortest.min(longest.unwrap_or(usize::MAX));
        let missing = short.saturating_sub(out.chars().count());
        self.fill(missing, random, out);
        self.spell(out);
    }

    /// Adds so many letters, as far as there is room.
    fn fill(&self, count: usize, random: &mut SmallRng, out: &mut String) {
        let room = self.longest.map_or(count, |longest| {
            longest.saturating_sub(out.chars().count()).min(count)
        });
        out.extend((0..room).map(|_| char::from(random.random_range(b'a'..=b'z'))));
    }

    pub(in crate::seed::generate) fn spell(&self, out: &mut String) {
        match self.case {
            None => {}
            Some(Case::Lower) => *out = out.to_lowercase(),
            Some(Case::Upper) => *out = out.to_uppercase(),
        }
    }
}

/// Leaves so many characters, and no blank at the end.
pub(in crate::seed::generate) fn shorten(text: &mut String, longest: usize) {
    if let Some((end, _)) = text.char_indices().nth(longest) {
        text.truncate(end);
        text.truncate(text.trim_end().len());
    }
}
