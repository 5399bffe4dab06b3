//! The page of the rules, for people: `docs/lint.md` is this text.

use std::fmt::Write as _;

use super::catalog::{RuleInfo, engines_of, is_refused, rule_infos};
use super::rules::RULES;

/// What stands above the rules.
const HEAD: &str = include_str!("page/head.md");

/// What stands above squawk's rules.
const SQUAWK_HEAD: &str = include_str!("page/squawk.md");

/// Returns the page of all rules that this build knows, as Markdown.
pub fn rules_page() -> String {
    let infos = rule_infos();
    let (own, foreign): (Vec<_>, Vec<_>) =
        infos.iter().partition(|rule| rule.source == "dieselkit");
    let mut page = String::from(HEAD);
    for rule in &own {
        page += &section(rule);
    }
    page += SQUAWK_HEAD;
    page += "\n| rule | level | finds | why |\n|---|---|---|---|\n";
    for rule in foreign {
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} |",
            rule.name, rule.level, rule.finds, rule.hurts
        );
    }
    page
}

/// Returns the section of a rule of this tool.
fn section(rule: &RuleInfo) -> String {
    let mut text = format!("\n### {}\n\n", rule.name);
    let own = RULES.iter().find(|own| own.name == rule.name);
    let engines = own.map(|own| engines_of(own)).unwrap_or_default();
    let engine = match engines.as_slice() {
        [engine] => format!(", on {engine}"),
        _ => String::new(),
    };
    let refused = if own.is_some_and(|own| is_refused(own)) {
        " The database refuses the bad example."
    } else {
        ""
    };
    let _ = writeln!(
        text,
        "Level {}{engine}. Finds {}.\n",
        rule.level, rule.finds
    );
    let _ = writeln!(text, "Why it hurts: {}.{refused}\n", rule.hurts);
    if let Some(instead) = rule.instead {
        let _ = writeln!(text, "Instead: {instead}\n");
    }
    let examples = [("bad", &rule.bad), ("good", &rule.good)];
    for (word, example) in examples {
        if let Some(sql) = example {
            let _ = writeln!(text, "```sql\n-- {word}\n{}\n```\n", sql.trim_end());
        }
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
