//! What was found, what was ignored, and of how much.

use serde::Serialize;

use super::finding::Finding;
use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::migration::Place;

/// A comment that has findings passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Ignored {
    /// The rules that it names; of squawk's comment for a whole file none may be all.
    pub rules: Vec<String>,
    /// Where it stands.
    pub place: Place,
    /// Why, in the words of who wrote it; squawk's comment needs none.
    pub reason: Option<String>,
    /// What was passed over because of it; of squawk's comments nobody counts.
    pub findings: Vec<Finding>,
}

/// How many findings weigh how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Totals {
    /// Errors.
    pub error: usize,
    /// Warnings.
    pub warning: usize,
    /// Infos.
    pub info: usize,
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Whose SQL the files were read as.
    pub engine: Engine,
    /// The files that were linted, in order.
    pub files: Vec<String>,
    /// What was found, in the order of the files.
    pub findings: Vec<Finding>,
    /// What was ignored, in the order of the files.
    pub ignored: Vec<Ignored>,
    /// How many findings weigh how much.
    pub totals: Totals,
}

impl Report {
    /// Makes the report of nothing.
    pub(super) fn new(engine: Engine) -> Self {
        Self {
            engine,
            files: Vec::new(),
            findings: Vec::new(),
            ignored: Vec::new(),
            totals: Totals::default(),
        }
    }

    /// Counts what was found.
    pub(super) fn counted(mut self) -> Self {
        let weigh = |level| {
            let findings = self.findings.iter();
            findings.filter(|finding| finding.level == level).count()
        };
        self.totals = Totals {
            error: weigh(Level::Error),
            warning: weigh(Level::Warning),
            info: weigh(Level::Info),
        };
        self
    }

    /// Returns whether something was found that weighs so much or more.
    pub fn has(&self, level: Level) -> bool {
        let mut findings = self.findings.iter();
        level != Level::Off && findings.any(|finding| finding.level >= level)
    }

    /// Returns what weighs so much or more.
    pub fn at_least(&self, level: Level) -> impl Iterator<Item = &Finding> {
        let findings = self.findings.iter();
        findings.filter(move |finding| finding.level >= level)
    }

    /// Returns a file's text with what mends its findings that weigh so much or more, and the findings
    /// that are mended. Of two fixes that meet, the first one is made.
    pub fn mended(&self, file: &str, text: &str, least: Level) -> (String, Vec<&Finding>) {
        let here = self
            .at_least(least)
            .filter(|finding| finding.place.file == file);
        let mut wanted: Vec<_> = here
            .filter_map(|finding| Some((finding.fix.as_ref()?.edits(text), finding)))
            .filter(|(edits, _)| !edits.is_empty())
            .collect();
        wanted.sort_by_key(|(edits, _)| edits[0].0.start);
        let (mut mended, mut done, mut free) = (String::new(), Vec::new(), 0);
        for (edits, finding) in wanted {
            let rear = edits[edits.len() - 1].0;
            if edits[0].0.start < free || rear.end > text.len() {
                continue;
            }
            for (span, instead) in edits {
                mended += &text[free..span.start];
                mended += instead;
                free = span.end;
            }
            done.push(finding);
        }
        mended += &text[free..];
        (mended, done)
    }
}
