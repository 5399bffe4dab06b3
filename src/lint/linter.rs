//! Asks every rule about every way, and passes over what a comment ignores.

use std::collections::BTreeSet;

use super::advice;
use super::around::Around;
use super::context::{Context, Way};
use super::facts::Facts;
use super::finding::{Finding, Fix};
use super::ignore::{self, By, Ignore};
use super::options::Options;
use super::report::{Ignored, Report};
use super::rule::{Hit, Needs};
use super::rules::RULES as OWN;
use super::subject::Subject;
use super::unreadable;
use crate::backend::BackendError;
use crate::backend::address::Engine;
use crate::backend::lint::{
    About, Asked, ForeignFinding, ForeignRule, Grammar, Level, Mend, Situation,
};
use crate::event::Direction;
use crate::migration::{MigrationSet, Place, SourceError, SqlText};
use crate::sql::Span;

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

/// The rule that says of a statement what the engine lacks for it.
const MISSING_ALTER: &str = "missing-alter";

/// What may be found, before it is known whether a comment ignores it.
struct Candidate {
    rule: String,
    level: Level,
    hit: Hit,
    mend: Option<Mend>,
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
        let mut candidates = self.own_candidates(context);
        candidates.extend(self.foreign_candidates(context));
        let refused = self.refused_candidates(context, &candidates);
        candidates.extend(refused);
        candidates.sort_by_key(|candidate| candidate.hit.span.start);
        self.sort_out(subject, way, candidates, report);
    }

    /// Reports what no comment ignores, the comments, and what is wrong with them.
    fn sort_out(
        &self,
        subject: &Subject,
        way: &Way<'_>,
        candidates: Vec<Candidate>,
        report: &mut Report,
    ) {
        let found = |candidate| finding(subject, way, candidate);
        let mut findings = Vec::new();
        let ignores = ignore::ignores(way);
        let mut passed: Vec<Vec<Finding>> = ignores.iter().map(|_| Vec::new()).collect();
        for candidate in candidates {
            let start = candidate.hit.span.start;
            let statement = way.script.statement_at(start);
            let covers = |ignore: &Ignore| ignore.covers(&candidate.rule, statement, start);
            match ignores.iter().position(covers) {
                Some(index) => passed[index].push(found(candidate)),
                None => findings.push(found(candidate)),
            }
        }
        for (ignore, passed) in ignores.into_iter().zip(passed) {
            let faults = self.faults(&ignore, &passed, way.direction);
            findings.extend(faults.into_iter().map(found));
            if ignore.is_one() {
                report.ignored.push(Ignored {
                    place: Place::at(&way.text.path, way.script.position(ignore.span.start)),
                    rules: ignore.names,
                    reason: ignore.reason,
                    findings: passed,
                });
            }
        }
        findings.sort_by_key(|finding: &Finding| (finding.place.line, finding.place.column));
        report.findings.extend(findings);
    }

    /// Asks the rules of this tool.
    fn own_candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for rule in OWN {
            let level = self.options.level(rule.name, rule.level);
            if level == Level::Off || !rule.ways.contains(&context.way.direction) {
                continue;
            }
            candidates.extend((rule.check)(context).into_iter().map(|hit| Candidate {
                rule: rule.name.to_owned(),
                level: hit.at_most.map_or(level, |most| level.min(most)),
                hit: Hit {
                    help: hit.help.or_else(|| Some(rule.instead.to_owned())),
                    ..hit
                },
                mend: None,
            }));
        }
        candidates
    }

    /// Asks what the database's parser refuses, where no rule says it better.
    fn refused_candidates(&self, context: &Context<'_>, told: &[Candidate]) -> Vec<Candidate> {
        let script = &context.way.script;
        let statement = |hit: &Hit| script.statement_at(hit.span.start);
        let mut candidates = Vec::new();
        for (rule, hit) in unreadable::statements(context.way, context) {
            let own = self.options.level(rule.name, rule.level);
            let level = hit.at_most.map_or(own, |most| own.min(most));
            let of_statement = |it: &Candidate| statement(&it.hit) == statement(&hit);
            let is_told = told
                .iter()
                .any(|it| it.rule == MISSING_ALTER && of_statement(it));
            if level != Level::Off && !is_told {
                candidates.push(Candidate {
                    rule: rule.name.to_owned(),
                    level,
                    hit: Hit {
                        help: hit.help.or_else(|| rule.instead.map(str::to_owned)),
                        ..hit
                    },
                    mend: None,
                });
            }
        }
        candidates
    }

    /// Asks the rules of the engine's own linter.
    fn foreign_candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let wanted: Vec<(&ForeignRule, Level)> = self
            .engine
            .foreign_rules()
            .iter()
            .map(|rule| (rule, self.options.level(rule.name, rule.level)))
            .filter(|(_, level)| *level != Level::Off)
            .collect();
        let found = self.foreign_findings(context, &wanted);
        let candidate = |found: ForeignFinding| {
            let (rule, level) = wanted.iter().find(|(rule, _)| rule.name == found.rule)?;
            if !matters(rule.about, &found, context) {
                return None;
            }
            let advice = advice::of_rule(context, &found.rule, found.span.start);
            Some(Candidate {
                rule: found.rule,
                level: *level,
                hit: Hit {
                    span: found.span,
                    message: found.message,
                    help: advice.map(str::to_owned).or(found.help),
                    at_most: None,
                },
                // It does what is advised against.
                mend: found.mend.filter(|_| advice.is_none()),
            })
        };
        found.into_iter().filter_map(candidate).collect()
    }

    /// Returns what the engine's own linter finds, and which errors a comment of its own hides that
    /// says no reason.
    fn foreign_findings(
        &self,
        context: &Context<'_>,
        wanted: &[(&ForeignRule, Level)],
    ) -> Vec<ForeignFinding> {
        let ask = |rules: &[&str], unread: &[Span]| {
            let (script, asked) = (&context.way.script, Asked { rules, unread });
            self.grammar
                .foreign_findings(script, &context.situation, &asked)
        };
        let names: Vec<&str> = wanted.iter().map(|(rule, _)| rule.name).collect();
        let mut found = ask(&names, &[]);
        let unread = ignore::squawks_without_reason(context.way);
        if unread.is_empty() {
            return found;
        }
        let errors = wanted.iter().filter(|(_, level)| *level == Level::Error);
        let errors: Vec<&str> = errors.map(|(rule, _)| rule.name).collect();
        let is_told = |hidden: &ForeignFinding| {
            let mut told = found.iter();
            told.any(|told| told.rule == hidden.rule && told.span == hidden.span)
        };
        let mut hidden = ask(&errors, &unread);
        hidden.retain(|hidden| !is_told(hidden));
        for finding in &mut hidden {
            let help = finding.help.take().unwrap_or_default();
            let wanted = "To pass over an error, squawk's comment needs a reason too: `-- squawk-ignore RULE -- why`.";
            finding.help = Some(format!("{} {wanted}", help.trim()).trim().to_owned());
        }
        found.extend(hidden);
        found
    }

    /// Returns what is wrong with a comment that passed these findings over.
    fn faults(
        &self,
        ignore: &Ignore,
        findings: &[Finding],
        direction: Direction,
    ) -> Vec<Candidate> {
        let mut faults = ignore.faults();
        let used: BTreeSet<&str> = findings.iter().map(|found| found.rule.as_str()).collect();
        let is_unused =
            |name: &&String| !used.contains(name.as_str()) && self.could_be_found(name, direction);
        if ignore.by == By::Us && ignore.reason.is_some() {
            let unused = ignore.names.iter().filter(is_unused);
            faults.extend(unused.map(|name| {
                let message = format!("nothing is found here by `{name}`");
                (ignore::UNUSED, Hit::new(ignore.span, message))
            }));
        }
        let weighed = faults.into_iter().map(|(rule, hit)| Candidate {
            rule: rule.name.to_owned(),
            level: self.options.level(rule.name, rule.level),
            hit: hit.with_help(rule.instead.unwrap_or_default()),
            mend: None,
        });
        weighed.filter(|fault| fault.level != Level::Off).collect()
    }

    /// Returns whether a rule was asked about a way, and knew what it has to know.
    fn could_be_found(&self, name: &str, direction: Direction) -> bool {
        if let Some(rule) = OWN.iter().find(|rule| rule.name == name) {
            let knows = rule.needs == Needs::Files || self.facts.knows_tables();
            let asked = self.options.level(name, rule.level) != Level::Off;
            return knows && asked && rule.ways.contains(&direction);
        }
        let mut foreign = self.engine.foreign_rules().iter();
        foreign.any(|rule| rule.name == name && self.options.level(name, rule.level) != Level::Off)
    }
}

/// Returns whether what the engine's linter found matters, with all that the runner knows.
fn matters(about: About, found: &ForeignFinding, context: &Context<'_>) -> bool {
    if about == About::Text {
        return true;
    }
    if about == About::Programs && context.way.direction == Direction::Down {
        return false;
    }
    let way = context.way;
    let Some(index) = way.script.statement_at(found.span.start) else {
        return true;
    };
    let mut tables = way.effects[index]
        .iter()
        .filter_map(|effect| effect.kind.table());
    !tables.any(|table| context.is_new(table, index))
}

/// Places what was found.
fn finding(subject: &Subject, way: &Way<'_>, candidate: Candidate) -> Finding {
    let Span { start, end } = candidate.hit.span;
    let ends = way.script.position(end.max(start));
    Finding {
        rule: candidate.rule,
        level: candidate.level,
        migration: subject.migration.clone(),
        place: Place::at(&way.text.path, way.script.position(start)),
        end_line: ends.line,
        end_column: ends.column,
        message: candidate.hit.message,
        help: candidate.hit.help,
        fix: candidate
            .mend
            .map(|mend| Fix::of(mend, way.text.first_line)),
    }
}
