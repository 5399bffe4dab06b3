//! squawk's rules, and how much each weighs here: also where a build has no squawk, so that a
//! configuration may name them.
//!
//! squawk has one weight for all. Here a rule is an error where what it finds fails, or destroys;
//! a warning where it hurts at some size, or breaks a program that still runs; a matter of taste is
//! an info. What this tool does for every migration, or finds itself, is off, and says so. Those
//! that squawk leaves off are off.

use super::About::{Others, Programs, Text};
use super::Level::{Error, Info, Off, Warning};
use super::{About, ForeignRule, Level};

/// Makes a rule.
const fn rule(
    name: &'static str,
    level: Level,
    about: About,
    finds: &'static str,
    why: &'static str,
) -> ForeignRule {
    ForeignRule {
        name,
        level,
        about,
        finds,
        why,
    }
}

const FAILS: &str = "it fails";
const LOCKS: &str = "it locks a table for as long as the table is large; an error where the table is known to be large: `big-table`";
const BREAKS: &str = "it breaks the program that runs until the new one does";
const TASTE: &str = "a matter of taste";
const TIMEOUTS: &str =
    "off: the runner sets a lock timeout in every transactional step, and tries again";
const HISTORY: &str = "off: a transactional step leaves nothing behind, and the history knows at which statement any other stopped; `IF NOT EXISTS` would take an invalid index for a good one";
const OURS: &str = "off: found by a rule of this tool, for both engines";
const ASKED: &str = "off, as in squawk: for who wants every such change looked at";

/// All of them, by name.
pub(super) const RULES: &[ForeignRule] = &[
    rule(
        "adding-field-with-default",
        Warning,
        Others,
        "a column with a default that is computed for each row",
        LOCKS,
    ),
    rule(
        "adding-foreign-key-constraint",
        Warning,
        Others,
        "a foreign key that is checked at once",
        LOCKS,
    ),
    rule(
        "adding-not-nullable-field",
        Warning,
        Others,
        "a column that is set `NOT NULL`, for which all rows are read",
        LOCKS,
    ),
    rule(
        "adding-required-field",
        Error,
        Others,
        "a column that is `NOT NULL` without a default",
        "it fails on a table with rows",
    ),
    rule(
        "adding-serial-primary-key-field",
        Warning,
        Others,
        "a primary key that is added to a table",
        LOCKS,
    ),
    rule("ban-add-column", Off, Text, "a column that is added", ASKED),
    rule(
        "ban-add-composite-attribute",
        Off,
        Text,
        "an attribute that is added to a type",
        ASKED,
    ),
    rule(
        "ban-add-enum-value",
        Off,
        Text,
        "a value that is added to an enumeration",
        ASKED,
    ),
    rule(
        "ban-alter-database-options",
        Off,
        Text,
        "an option of a database that is changed",
        ASKED,
    ),
    rule(
        "ban-alter-domain-with-add-constraint",
        Warning,
        Others,
        "a constraint of a domain, for which all its tables are read",
        LOCKS,
    ),
    rule(
        "ban-alter-extension",
        Off,
        Text,
        "an extension that is changed",
        ASKED,
    ),
    rule(
        "ban-alter-function-options",
        Off,
        Text,
        "an option of a function that is changed",
        ASKED,
    ),
    rule(
        "ban-alter-generated-expression",
        Off,
        Text,
        "the expression of a generated column that is changed",
        ASKED,
    ),
    rule(
        "ban-alter-identity",
        Info,
        Programs,
        "an identity column that is changed",
        BREAKS,
    ),
    rule(
        "ban-alter-policy-condition",
        Off,
        Text,
        "the condition of a policy that is changed",
        ASKED,
    ),
    rule(
        "ban-alter-policy-roles",
        Off,
        Text,
        "the roles of a policy that are changed",
        ASKED,
    ),
    rule(
        "ban-alter-role-options",
        Off,
        Text,
        "an option of a role that is changed",
        ASKED,
    ),
    rule(
        "ban-alter-row-level-security",
        Off,
        Text,
        "row-level security that is switched",
        ASKED,
    ),
    rule(
        "ban-alter-sequence-values",
        Off,
        Text,
        "a sequence that is moved",
        ASKED,
    ),
    rule(
        "ban-alter-system-options",
        Off,
        Text,
        "an option of the server that is changed",
        ASKED,
    ),
    rule(
        "ban-alter-view-options",
        Off,
        Text,
        "an option of a view that is changed",
        ASKED,
    ),
    rule(
        "ban-char-field",
        Warning,
        Text,
        "`char(n)`, which pads with blanks",
        "what is read is not what was written",
    ),
    rule(
        "ban-concurrent-index-creation-in-transaction",
        Off,
        Text,
        "a concurrent index inside a transaction",
        "off: `not-in-transaction` finds it, with all else that a transaction refuses",
    ),
    rule(
        "ban-create-domain-with-constraint",
        Info,
        Text,
        "a domain with a constraint, which is hard to change later",
        TASTE,
    ),
    rule(
        "ban-create-policy",
        Off,
        Text,
        "a policy that is made",
        ASKED,
    ),
    rule(
        "ban-detach-inheritance",
        Off,
        Text,
        "a table that no longer inherits",
        ASKED,
    ),
    rule(
        "ban-disable-trigger",
        Off,
        Text,
        "a trigger that is switched off",
        ASKED,
    ),
    rule(
        "ban-drop-column",
        Off,
        Programs,
        "a column that is dropped",
        OURS,
    ),
    rule(
        "ban-drop-constraint",
        Info,
        Programs,
        "a constraint that is dropped",
        BREAKS,
    ),
    rule(
        "ban-drop-database",
        Error,
        Text,
        "a database that is dropped",
        "it destroys",
    ),
    rule(
        "ban-drop-default",
        Warning,
        Programs,
        "a default that is dropped",
        BREAKS,
    ),
    rule(
        "ban-drop-domain",
        Info,
        Programs,
        "a domain that is dropped",
        BREAKS,
    ),
    rule(
        "ban-drop-extension",
        Warning,
        Programs,
        "an extension that is dropped",
        BREAKS,
    ),
    rule(
        "ban-drop-function",
        Info,
        Programs,
        "a function that is dropped",
        BREAKS,
    ),
    rule(
        "ban-drop-generated-expression",
        Warning,
        Programs,
        "a generated column that becomes a plain one",
        BREAKS,
    ),
    rule(
        "ban-drop-index",
        Off,
        Text,
        "an index that is dropped",
        ASKED,
    ),
    rule(
        "ban-drop-not-null",
        Info,
        Programs,
        "a column that may be null from now on",
        BREAKS,
    ),
    rule(
        "ban-drop-policy",
        Off,
        Text,
        "a policy that is dropped",
        ASKED,
    ),
    rule(
        "ban-drop-schema",
        Warning,
        Programs,
        "a schema that is dropped",
        BREAKS,
    ),
    rule(
        "ban-drop-sequence",
        Warning,
        Programs,
        "a sequence that is dropped",
        BREAKS,
    ),
    rule(
        "ban-drop-table",
        Off,
        Programs,
        "a table that is dropped",
        OURS,
    ),
    rule(
        "ban-drop-trigger",
        Off,
        Text,
        "a trigger that is dropped",
        ASKED,
    ),
    rule(
        "ban-drop-type",
        Info,
        Programs,
        "a type that is dropped",
        BREAKS,
    ),
    rule(
        "ban-drop-view",
        Info,
        Programs,
        "a view that is dropped",
        BREAKS,
    ),
    rule(
        "ban-duplicate-column-assignments",
        Error,
        Text,
        "a column that is set twice by one statement",
        FAILS,
    ),
    rule(
        "ban-new-write-restriction",
        Off,
        Text,
        "what keeps rows from being written that could be before",
        ASKED,
    ),
    rule(
        "ban-replace-view-function",
        Off,
        Text,
        "a view or function that is replaced",
        ASKED,
    ),
    rule(
        "ban-replica-identity",
        Off,
        Text,
        "a replica identity or a publication that is changed",
        ASKED,
    ),
    rule("ban-revoke", Off, Text, "a right that is taken away", ASKED),
    rule(
        "ban-set-default",
        Off,
        Text,
        "a default that is changed",
        ASKED,
    ),
    rule(
        "ban-set-schema",
        Warning,
        Programs,
        "something that is moved to another schema",
        BREAKS,
    ),
    rule(
        "ban-truncate-cascade",
        Error,
        Text,
        "`TRUNCATE … CASCADE`, which empties other tables too",
        "it destroys",
    ),
    rule(
        "ban-uncommitted-transaction",
        Error,
        Text,
        "a transaction that is left open",
        "`up` refuses it",
    ),
    rule(
        "changing-column-type",
        Warning,
        Others,
        "a column that gets another type, for which the table is rewritten",
        LOCKS,
    ),
    rule(
        "constraint-missing-not-valid",
        Warning,
        Others,
        "a constraint that is checked at once, or in the transaction that adds it",
        LOCKS,
    ),
    rule(
        "disallowed-unique-constraint",
        Warning,
        Others,
        "a unique constraint whose index is built beneath a lock",
        LOCKS,
    ),
    rule(
        "identifier-too-long",
        Warning,
        Text,
        "a name that is cut off after 63 bytes",
        "two names may become one",
    ),
    rule(
        "prefer-bigint-over-int",
        Info,
        Text,
        "`int`, which ends at two thousand millions",
        TASTE,
    ),
    rule(
        "prefer-bigint-over-smallint",
        Info,
        Text,
        "`smallint`, which ends at 32767",
        TASTE,
    ),
    rule(
        "prefer-identity",
        Info,
        Text,
        "`serial` in place of an identity",
        TASTE,
    ),
    rule(
        "prefer-repack",
        Info,
        Text,
        "`VACUUM FULL` or `CLUSTER` in place of `REPACK`",
        TASTE,
    ),
    rule(
        "prefer-robust-stmts",
        Off,
        Text,
        "a statement that cannot be run twice",
        HISTORY,
    ),
    rule(
        "prefer-text-field",
        Info,
        Text,
        "`varchar(n)`, whose length is locked to be changed",
        TASTE,
    ),
    rule(
        "prefer-timestamp-tz",
        Info,
        Text,
        "`timestamp` without a time zone",
        TASTE,
    ),
    rule(
        "renaming-column",
        Warning,
        Programs,
        "a column that is renamed",
        BREAKS,
    ),
    rule(
        "renaming-object",
        Info,
        Programs,
        "an object that is renamed",
        BREAKS,
    ),
    rule(
        "renaming-table",
        Warning,
        Programs,
        "a table that is renamed",
        BREAKS,
    ),
    rule(
        "require-concurrent-index-creation",
        Warning,
        Others,
        "an index that is built beneath a lock",
        LOCKS,
    ),
    rule(
        "require-concurrent-index-deletion",
        Warning,
        Others,
        "an index that is dropped beneath a lock",
        LOCKS,
    ),
    rule(
        "require-concurrent-partition-detach",
        Warning,
        Others,
        "a partition that is detached beneath a lock",
        LOCKS,
    ),
    rule(
        "require-concurrent-reindex",
        Warning,
        Others,
        "an index that is rebuilt beneath a lock",
        LOCKS,
    ),
    rule(
        "require-enum-value-ordering",
        Info,
        Text,
        "a value of an enumeration without `BEFORE` or `AFTER`",
        TASTE,
    ),
    rule(
        "require-lock-timeout",
        Off,
        Text,
        "a file that sets no lock timeout",
        TIMEOUTS,
    ),
    rule(
        "require-statement-timeout",
        Off,
        Text,
        "a file that sets no statement timeout",
        TIMEOUTS,
    ),
    rule(
        "require-table-schema",
        Off,
        Text,
        "a table without its schema",
        ASKED,
    ),
    rule(
        "require-timeout-settings",
        Off,
        Text,
        "a file that sets no timeouts",
        TIMEOUTS,
    ),
    rule(
        "transaction-nesting",
        Warning,
        Text,
        "a transaction inside a transaction",
        "the inner one is no transaction",
    ),
    rule(
        "unused-ignore",
        Warning,
        Text,
        "a comment `squawk-ignore` that names no rule",
        "it ignores nothing",
    ),
];

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use std::str::FromStr;

    use squawk_linter::Rule;

    use super::*;

    #[test]
    fn every_rule_is_one_of_squawks_and_stands_in_order() {
        // squawk reads every name but this one, and reports it whatever it was asked.
        for known in RULES.iter().filter(|rule| rule.name != "unused-ignore") {
            let rule = Rule::from_str(known.name).expect(known.name);
            assert_eq!(rule.to_string(), known.name);
            let off_there = rule.is_opt_in();
            assert!(!off_there || known.level == Off, "{}", known.name);
        }
        assert!(RULES.is_sorted_by_key(|rule| rule.name));
    }

    #[test]
    fn none_of_squawks_rules_is_left_out() {
        let known: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
        for rule in enum_iterator::all::<Rule>() {
            let name = rule.to_string();
            assert!(known.contains(&name.as_str()), "{name}");
        }
    }
}
