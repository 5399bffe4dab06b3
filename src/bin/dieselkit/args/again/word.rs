//! One word of a command line as it was typed: what of it may be typed again, and how.

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches};
use dieselkit::DatabaseAddress;
use dieselkit::backend::redact::Redactor;
use dieselkit::shell::{option, quote};

/// The flags that take an address, which may hold a password.
pub(super) const ADDRESSES: [&str; 2] = ["--database-url", "--lock-url"];

/// What stands for an address that holds a password; it is none, so that a command which was
/// pasted unread does nothing.
pub(super) const WITHHELD: &str = "URL";

/// A flag, a flag with its value, or a value alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) flag: Option<String>,
    /// As the program was given it.
    pub(super) value: Option<String>,
}

impl Word {
    pub(super) fn is(&self, flag: &str) -> bool {
        self.flag.as_deref() == Some(flag)
    }

    /// Returns whether it is a value that would be taken for a flag.
    pub(super) fn is_like_a_flag(&self) -> bool {
        let value = self.value.as_deref().unwrap_or_default();
        self.flag.is_none() && value.starts_with('-')
    }

    /// Returns it as a shell takes it.
    fn text(&self) -> String {
        match (self.flag.as_deref(), self.value.as_deref()) {
            (Some(flag), Some(value)) => option(flag, value),
            (Some(flag), None) => flag.to_owned(),
            (None, value) => quote(value.unwrap_or_default()),
        }
    }
}

/// Returns a command line with words added.
pub(super) fn continued<'a>(line: String, words: impl Iterator<Item = &'a Word>) -> String {
    words.fold(line, |line, word| line + " " + &word.text())
}

/// Returns what was typed of one argument; nothing where it was not typed.
pub(super) fn words(argument: &Arg, matches: &ArgMatches, redactor: &Redactor) -> Vec<Word> {
    let id = argument.get_id().as_str();
    let is_typed = matches.ids().any(|present| present == id)
        && matches.value_source(id) == Some(ValueSource::CommandLine);
    if !is_typed {
        return Vec::new();
    }
    let flag = argument.get_long().map(|long| format!("--{long}"));
    let bare = Word {
        flag: flag.clone(),
        value: None,
    };
    match argument.get_action() {
        ArgAction::SetTrue => vec![bare],
        ArgAction::Count => vec![bare; usize::from(matches.get_count(id))],
        _ => {
            let typed: Vec<_> = matches.get_raw(id).into_iter().flatten().collect();
            let with_value = typed.iter().map(|value| Word {
                flag: flag.clone(),
                value: Some(match flag.as_deref() {
                    Some(flag) if ADDRESSES.contains(&flag) => {
                        shown_address(&value.to_string_lossy(), redactor)
                    }
                    _ => shown(&value.to_string_lossy(), redactor),
                }),
            });
            if typed.is_empty() {
                vec![bare]
            } else {
                with_value.collect()
            }
        }
    }
}

fn shown(value: &str, redactor: &Redactor) -> String {
    if redactor.redact(value) == value {
        value.to_owned()
    } else {
        WITHHELD.to_owned()
    }
}

/// Returns an address without secrets; where it is not understood, nobody knows what is in it.
fn shown_address(text: &str, redactor: &Redactor) -> String {
    match DatabaseAddress::parse(text) {
        Ok(address) => shown(text, &redactor.clone().and(Redactor::for_address(&address))),
        Err(_) => WITHHELD.to_owned(),
    }
}
