//! Asks every rule about one way: this tool's, the engine's own linter's, and the database's parser.
//!
//! Must not know what a comment ignores.

use super::Linter;
use crate::backend::lint::{About, Asked, ForeignFinding, ForeignRule, Level, Mend};
use crate::event::Direction;
use crate::lint::context::{Context, Transaction};
use crate::lint::rule::Hit;
use crate::lint::rules::RULES as OWN;
use crate::lint::{advice, ignore, unreadable};
use crate::sql::Span;

/// The rule that says of a statement what the engine lacks for it.
const MISSING_ALTER: &str = "missing-alter";

/// The rule of squawk that asks for a transaction to end. It knows neither `AND CHAIN`, nor that a
/// transaction goes on behind `ROLLBACK TO SAVEPOINT`.
const TRANSACTION_NESTING: &str = "transaction-nesting";

/// What may be found, before it is known whether a comment ignores it.
pub(super) struct Candidate {
    pub(super) rule: String,
    pub(super) level: Level,
    pub(super) hit: Hit,
    pub(super) mend: Option<Mend>,
}

impl Linter {
    /// Asks them all; what is found stands in the order of the text.
    pub(super) fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let mut candidates = self.own_candidates(context);
        candidates.extend(self.foreign_candidates(context));
        let refused = self.refused_candidates(context, &candidates);
        candidates.extend(refused);
        candidates.sort_by_key(|candidate| candidate.hit.span.start);
        candidates
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
}

/// Returns whether what the engine's linter found matters, with all that the runner knows.
fn matters(about: About, found: &ForeignFinding, context: &Context<'_>) -> bool {
    if found.rule == TRANSACTION_NESTING && ends_open_transaction(context, found) {
        return false;
    }
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

/// Returns whether what was found is the end of a transaction that the file has begun.
fn ends_open_transaction(context: &Context<'_>, found: &ForeignFinding) -> bool {
    let script = &context.way.script;
    let Some(index) = script.statement_at(found.span.start) else {
        return false;
    };
    let ends = script.with_phrase(index, |it| {
        it.is_any_word(0, &["ABORT", "COMMIT", "END", "ROLLBACK"])
    });
    let of = context.way.transaction(index);
    ends && matches!(of, Some(Transaction::Own(_)))
}
