//! What a command says, for people and for programs.
//!
//! Results go to standard output, progress and hints to standard error. A reader that went away
//! is no failure; a result that cannot be written for another reason is one, unless it only tells
//! of what was done.

mod answer;
mod github;
mod help;
mod human;
pub(crate) mod json;
mod printer;
mod progress;
mod sarif;
mod stream;
pub(crate) mod style;
mod table;

pub(crate) use answer::{About, Answer, Context, rehearsed};
pub(crate) use github::github_text;
pub(crate) use help::print_help;
pub(crate) use human::{
    Checked, Detail, Listed, Mended, Verdict, backed_up_text, backup_list_text, backup_made_text,
    backup_text, capture_text, check_text, credentials_text, doctor_text, dry_run_text,
    generate_text, health_text, history_text, lint_text, losses_text, marked_text, on_one_line,
    partial_seed_text, partial_text, prune_plan_text, prune_text, rehearsal_text,
    reset_dry_run_text, restore_plan_text, restored_text, rule_list_text, rule_text, run_text,
    seed_plan_text, seed_status_text, seed_text, seed_verify_text, size_text, status_text,
    verified_text,
};
pub(crate) use printer::{Printer, Typed};
pub(crate) use progress::Progress;
pub(crate) use sarif::sarif_text;
pub(crate) use stream::{print_error, print_json, print_picture, to_terminal, told};
