//! `lint --list` and `lint --explain`: the rules themselves.

use dieselkit::lint::{Level, RuleInfo, rule, rule_infos, rules_page};
use serde::Serialize;

use crate::app::App;
use crate::args::{Lint, LintFormat};
use crate::commands::Answered;
use crate::report::{Answer, json, rule_list_text, rule_text};

/// A rule with its level in this environment.
#[derive(Serialize)]
struct Weighed {
    #[serde(flatten)]
    rule: RuleInfo,
    /// How much it weighs here.
    here: Level,
}

fn weighed(app: &App<'_>, rule: RuleInfo) -> Weighed {
    let here = app.settings.lint.options.level(rule.name, rule.level);
    Weighed { rule, here }
}

#[derive(Serialize)]
struct Data {
    rules: Vec<Weighed>,
}

/// Lists every rule.
pub(super) fn list(app: &App<'_>, args: &Lint) -> Answer {
    let rules: Vec<Weighed> = rule_infos()
        .into_iter()
        .map(|rule| weighed(app, rule))
        .collect();
    let text = if args.format == Some(LintFormat::Markdown) {
        rules_page()
    } else {
        rule_list_text(rules.iter().map(|weighed| (&weighed.rule, weighed.here)))
    };
    Answer {
        text,
        data: json::data(&Data { rules }),
        ..Answer::default()
    }
}

/// Explains one rule.
pub(super) fn explain(app: &App<'_>, name: &str) -> Answered {
    let rule = rule(name)?;
    let weighed = weighed(app, rule);
    Ok(Answer {
        text: rule_text(&weighed.rule, weighed.here),
        data: json::data(&weighed),
        ..Answer::default()
    })
}
