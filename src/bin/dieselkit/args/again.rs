//! The command line as it can be typed again: what hints are made of.
//!
//! It must not know any error: it says how a command is typed, not when that would help.

mod word;

use std::fmt::Write as _;

use clap::{ArgMatches, CommandFactory as _};
use dieselkit::backend::redact::Redactor;
use dieselkit::shell::words_of;

use super::Cli;
use word::{ADDRESSES, WITHHELD, Word, continued, words};

/// The flags that say where a command works; whoever pastes a hint means the same place.
const WHEREABOUTS: [&str; 6] = [
    "--env",
    "--database-url",
    "--lock-url",
    "--set-role",
    "--config",
    "--migrations",
];

/// Those of them that matter to a command that only writes files of the project.
const WHEREABOUTS_OF_FILES: [&str; 2] = ["--config", "--migrations"];

/// The flags that answer a question ahead, or say whether a backup is made first. Whoever has said it
/// for a command means it for the same command again, and for no other.
const CONSENT: [&str; 4] = ["--yes", "--confirm", "--backup", "--no-backup"];

/// A flag, and what it is typed instead of.
const INSTEAD: [(&str, &str); 1] = [("--replace", "--into")];

/// The command and the flags that were typed, without passwords.
#[derive(Debug, Clone, Default)]
pub(crate) struct Again {
    command: String,
    words: Vec<Word>,
}

impl Again {
    /// Returns what was typed; an address with something to blot out is not repeated.
    pub(crate) fn of(matches: &ArgMatches, redactor: &Redactor) -> Self {
        let mut known = Cli::command();
        known.build();
        let (mut known, mut matches, mut names) = (&known, matches, Vec::new());
        while let Some((name, below)) = matches.subcommand() {
            let Some(command) = known.find_subcommand(name) else {
                break;
            };
            (known, matches) = (command, below);
            names.push(name);
        }
        let words = known
            .get_arguments()
            .flat_map(|argument| words(argument, matches, redactor));
        Self {
            command: names.join(" "),
            words: words.collect(),
        }
    }

    /// Returns whether this is one of some commands.
    pub(crate) fn is(&self, commands: &[&str]) -> bool {
        commands.contains(&self.command.as_str())
    }

    /// Returns whether a flag was typed.
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.words.iter().any(|word| word.is(flag))
    }

    /// Returns the first value that stands by itself.
    pub(crate) fn name(&self) -> Option<&str> {
        let mut alone = self.words.iter().filter(|word| word.flag.is_none());
        alone.find_map(|word| word.value.as_deref())
    }

    /// Returns the command line.
    pub(crate) fn line(&self) -> String {
        let begun = format!("dieselkit {}", self.command);
        let line = continued(
            begun,
            self.words.iter().filter(|word| !word.is_like_a_flag()),
        );
        let rest = self.words.iter().filter(|word| word.is_like_a_flag());
        match rest.clone().next() {
            None => line,
            Some(_) => continued(line + " --", rest),
        }
    }

    /// Returns a hint that names the command by its name, alone or with flags more, with what was
    /// typed in its place.
    pub(crate) fn instead_of_its_name(&self, hint: &str) -> String {
        let name = format!("dieselkit {}", self.command);
        let pieces = hint.split('`').enumerate().map(|(index, piece)| {
            let rest = piece.strip_prefix(&name).filter(|_| index % 2 == 1);
            let changed = rest.and_then(|rest| self.changed_by(rest));
            changed.map_or_else(|| piece.to_owned(), |changed| changed.line())
        });
        pieces.collect::<Vec<_>>().join("`")
    }

    /// Returns what was typed with the flags of a text, ` --flag value` each, as a shell reads it; none
    /// where that is something else.
    fn changed_by(&self, flags: &str) -> Option<Self> {
        let mut words = words_of(flags)?.into_iter().peekable();
        let mut changed = self.clone();
        while let Some(word) = words.next() {
            let (flag, value) = match word.split_once('=') {
                Some((flag, value)) => (flag, Some(value.to_owned())),
                None => (&*word, words.next_if(|next| !next.starts_with("--"))),
            };
            flag.strip_prefix("--").filter(|name| !name.is_empty())?;
            changed = changed.adding(flag, value.as_deref());
        }
        Some(changed)
    }

    /// Returns the command line with a flag added, or with another value for it.
    pub(crate) fn with(&self, flag: &str, value: Option<&str>) -> String {
        self.adding(flag, value).line()
    }

    fn adding(&self, flag: &str, value: Option<&str>) -> Self {
        let mut changed = self.clone();
        let replaced = INSTEAD.iter().filter(|(one, _)| *one == flag);
        let replaced: Vec<&str> = replaced.map(|(_, other)| *other).collect();
        let stays = |word: &Word| !word.is(flag) && !replaced.iter().any(|flag| word.is(flag));
        changed.words.retain(stays);
        changed.words.push(Word {
            flag: Some(flag.to_owned()),
            value: value.map(str::to_owned),
        });
        changed
    }

    /// Returns the command line without a backup first.
    pub(crate) fn without_backup(&self) -> String {
        let mut changed = self.clone();
        changed.words.retain(|word| !word.is("--backup"));
        changed.with("--no-backup", None)
    }

    /// Returns a hint whose commands, which stand between backticks, say where to work as the
    /// command line did, and answer its question as it did where they are the same command.
    pub(crate) fn complete(&self, hint: &str) -> String {
        let pieces = hint.split('`').enumerate().map(|(index, piece)| {
            if index % 2 == 1 && piece.starts_with("dieselkit ") {
                continued(piece.to_owned(), self.repeated(piece))
            } else {
                piece.to_owned()
            }
        });
        let mut completed = pieces.collect::<Vec<_>>().join("`");
        let is_withheld =
            |flag: &&str| self.withholds(flag) && completed.contains(&format!("{flag} {WITHHELD}"));
        if ADDRESSES.iter().any(is_withheld) {
            let _ = write!(
                completed,
                " ({WITHHELD} is the address that you gave, which is not repeated here)"
            );
        }
        completed
    }

    /// Returns the flags that a command has to be given to work in the same place and to ask
    /// nothing that is answered.
    fn repeated(&self, command: &str) -> impl Iterator<Item = &Word> {
        let verb = command.split(' ').nth(1).unwrap_or_default();
        let whereabouts: &[&str] = match verb {
            "init" | "new" => &WHEREABOUTS_OF_FILES,
            _ if verb.starts_with('-') => &[],
            _ => &WHEREABOUTS,
        };
        let consent: &[&str] = if self.is_again(command) {
            &CONSENT
        } else {
            &[]
        };
        let said: Vec<String> = command.split([' ', '=']).map(str::to_owned).collect();
        self.words.iter().filter(move |word| {
            let flag = word.flag.as_deref().unwrap_or_default();
            let repeats = whereabouts.contains(&flag) || consent.contains(&flag);
            repeats && !said.iter().any(|word| word == flag)
        })
    }

    /// Returns whether a command line is of the command that was typed.
    fn is_again(&self, line: &str) -> bool {
        let typed = format!("dieselkit {}", self.command);
        let rest = line.strip_prefix(&typed);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    }

    fn withholds(&self, flag: &str) -> bool {
        let mut words = self.words.iter();
        words.any(|word| word.is(flag) && word.value.as_deref() == Some(WITHHELD))
    }
}

#[cfg(test)]
mod tests;
