//! Takes migrations in their order, and shows each way to the rules with all that is known around it.

mod asking;
mod sorting;

use super::around::Around;
use super::context::{Context, Way};
use super::facts::Facts;
use super::finding::Finding;
use super::ignore;
use super::options::Options;
use super::report::Report;
use super::subject::Subject;
use super::unreadable;
use crate::backend::BackendError;
use crate::backend::address::Engine;
use crate::backend::lint::{Grammar, Level, Situation};
use crate::event::Direction;
use crate::migration::{MigrationSet, Place, SourceError, SqlText};

/// Whether the migrations that are linted will be applied by one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Together {
    /// They are: what an earlier one makes is new to a later one.
    OneRun,
    /// They are, and share one transaction: what an earlier one locks stays locked.
    OneTransaction,
    /// Each was, or will be, applied on its own.
    Apart,
}

/// Lints migrations for one kind of database.
#[derive(Debug)]
pub struct Linter {
    engine: Engine,
    grammar: &'static dyn Grammar,
    options: Options,
    facts: Facts,
    around: Around,
    refused: Vec<Finding>,
}

impl Linter {
    /// Makes a linter for a database of this kind.
    ///
    /// # Errors
    /// `BackendError` where this build lacks the engine.
    pub fn new(engine: Engine, options: Options) -> Result<Self, BackendError> {
        Ok(Self {
            engine,
            grammar: engine.grammar()?,
            options,
            facts: Facts::default(),
            around: Around::default(),
            refused: Vec::new(),
        })
    }

    /// Finds these files, too, which are no migrations.
    #[must_use]
    pub fn refusing(mut self, problems: &[SourceError]) -> Self {
        let found = problems.iter();
        self.refused = found
            .filter_map(|problem| unreadable::file(&self.options, problem))
            .collect();
        self
    }

    /// Tells what the database says of itself.
    #[must_use]
    pub fn with_facts(mut self, facts: Facts) -> Self {
        self.around
            .learn_definitions(facts.definitions(), self.grammar);
        self.facts = facts;
        self
    }

    /// Tells of all migrations that there are: an index may be made by one that is not linted.
    #[must_use]
    pub fn knowing(mut self, set: &MigrationSet) -> Self {
        for migration in set.migrations() {
            self.around.learn(&Subject::from(migration), self.grammar);
        }
        self
    }

    /// Lints, in this order.
    pub fn lint(mut self, subjects: &[Subject], together: Together) -> Report {
        for subject in subjects {
            self.around.learn(subject, self.grammar);
        }
        let mut report = Report::new(self.engine);
        report.findings.append(&mut self.refused);
        for subject in subjects {
            if together == Together::Apart {
                self.around.made.clear();
            }
            self.lint_one(subject, together, &mut report);
        }
        report.counted()
    }

    /// Lints one subject, and then knows what it makes.
    fn lint_one(&mut self, subject: &Subject, together: Together, report: &mut Report) {
        let dialect = self.grammar.dialect();
        let read = |(direction, text): &'_ (Direction, SqlText)| {
            let file = text.path.display().to_string();
            (file, *direction, text.clone())
        };
        // Of what is applied nobody asks any more how it is run.
        let unsettled = subject.settings_error.as_ref();
        let unsettled = unsettled.filter(|_| !subject.is_applied && !subject.ways.is_empty());
        let unsettled = unsettled.and_then(|error| unreadable::file(&self.options, error));
        report.findings.extend(unsettled);
        let mut ways = Vec::new();
        let texts: Vec<_> = subject.ways.iter().map(read).collect();
        for (file, direction, text) in &texts {
            if !report.files.contains(file) {
                report.files.push(file.clone());
            }
            let outside = self.outside_of_sections(subject, text);
            report.findings.extend(outside);
            match Way::read(*direction, text, &subject.settings, dialect) {
                Ok(way) => ways.push(way),
                Err(error) => report.findings.extend(unreadable::finding(
                    &self.options,
                    subject,
                    text,
                    &error,
                )),
            }
        }
        let (mut made, mut locked) = (Vec::new(), Vec::new());
        for way in &ways {
            let other = ways.iter().find(|other| other.direction != way.direction);
            let context = self.context(subject, way, other, together);
            self.lint_way(subject, &context, report);
            if way.direction == Direction::Up {
                made.extend(context.made());
                locked.push((way, context.all_locked()));
            }
        }
        self.around.made.extend(made);
        // What each applies in a transaction of its own it locks no longer.
        let locked = locked.into_iter();
        for (up, locked) in locked.filter(|_| together == Together::OneTransaction) {
            self.around.held.learn(up, locked);
        }
    }

    /// Finds the comments that would ignore something if they stood in a section.
    fn outside_of_sections(&self, subject: &Subject, text: &SqlText) -> Vec<Finding> {
        let level = self
            .options
            .level(ignore::UNUSED.name, ignore::UNUSED.level);
        let outside = ignore::outside_of_sections(text, self.grammar.dialect()).into_iter();
        let outside = outside.filter(|_| level != Level::Off);
        let found = outside.map(|position| Finding {
            rule: ignore::UNUSED.name.to_owned(),
            level,
            migration: subject.migration.clone(),
            place: Place::at(&text.path, position),
            end_line: position.line,
            end_column: position.column,
            message: "it stands before the first section, and so ignores nothing".to_owned(),
            help: Some(
                "Write it behind `-- migrate:up`, before the statement that it is about."
                    .to_owned(),
            ),
            fix: None,
        });
        found.collect()
    }

    /// Returns what the rules are shown of a way.
    fn context<'a>(
        &'a self,
        subject: &'a Subject,
        way: &'a Way<'a>,
        other: Option<&'a Way<'a>>,
        together: Together,
    ) -> Context<'a> {
        Context {
            way,
            other,
            settings: &subject.settings,
            grammar: self.grammar,
            situation: Situation {
                in_transaction: way.in_transaction,
                server_version: self.facts.server_version(),
            },
            facts: &self.facts,
            options: &self.options,
            around: &self.around,
            together,
            is_applied: subject.is_applied,
        }
    }

    fn lint_way(&self, subject: &Subject, context: &Context<'_>, report: &mut Report) {
        let way = context.way;
        let candidates = self.candidates(context);
        self.sort_out(subject, way, candidates, report);
    }
}
