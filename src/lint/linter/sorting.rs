//! Sorts what was found into what counts and what a comment ignores, and finds what is wrong with the
//! comments.

use std::collections::BTreeSet;

use super::Linter;
use super::asking::Candidate;
use crate::backend::lint::Level;
use crate::event::Direction;
use crate::lint::context::Way;
use crate::lint::finding::{Finding, Fix};
use crate::lint::ignore::{self, By, Ignore};
use crate::lint::report::{Ignored, Report};
use crate::lint::rule::{Hit, Needs};
use crate::lint::rules::RULES as OWN;
use crate::lint::subject::Subject;
use crate::migration::Place;
use crate::sql::Span;

impl Linter {
    /// Reports what no comment ignores, the comments, and what is wrong with them.
    pub(super) fn sort_out(
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
