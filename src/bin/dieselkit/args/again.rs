//! The command line as it can be typed again: what hints are made of.
//!
//! It must not know any error: it says how a command is typed, not when that would help.

use std::fmt::Write as _;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, CommandFactory as _};
use dieselkit::DatabaseAddress;
use dieselkit::backend::redact::Redactor;
use dieselkit::shell::{option, quote, words_of};

use super::Cli;

/// The flags that say where a command works; whoever pastes a hint means the same place.
const WHEREABOUTS: [&str; 6] = [
    "--env",
    "--database-url",
    "--lock-url",
    "--set-role",
    "--config",
    "--migrations",
];

/// Those of them that take an address, which may hold a password.
const ADDRESSES: [&str; 2] = ["--database-url", "--lock-url"];

/// Those of them that matter to a command that only writes files of the project.
const WHEREABOUTS_OF_FILES: [&str; 2] = ["--config", "--migrations"];

/// The flags that answer a question ahead, or say whether a backup is made first. Whoever has said it
/// for a command means it for the same command again, and for no other.
const CONSENT: [&str; 4] = ["--yes", "--confirm", "--backup", "--no-backup"];

/// A flag, and what it is typed instead of.
const INSTEAD: [(&str, &str); 1] = [("--replace", "--into")];

/// What stands for an address that holds a password; it is none, so that a command which was
/// pasted unread does nothing.
const WITHHELD: &str = "URL";

/// The command and the flags that were typed, without passwords.
#[derive(Debug, Clone, Default)]
pub(crate) struct Again {
    command: String,
    words: Vec<Word>,
}

/// A flag, a flag with its value, or a value alone.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    flag: Option<String>,
    /// As the program was given it.
    value: Option<String>,
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

impl Word {
    fn is(&self, flag: &str) -> bool {
        self.flag.as_deref() == Some(flag)
    }

    /// Returns whether it is a value that would be taken for a flag.
    fn is_like_a_flag(&self) -> bool {
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
fn continued<'a>(line: String, words: impl Iterator<Item = &'a Word>) -> String {
    words.fold(line, |line, word| line + " " + &word.text())
}

/// Returns what was typed of one argument; nothing where it was not typed.
fn words(argument: &Arg, matches: &ArgMatches, redactor: &Redactor) -> Vec<Word> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn again(line: &str) -> Again {
        let words = std::iter::once("dieselkit").chain(line.split_whitespace());
        super::super::parse(&words.map(Into::into).collect::<Vec<_>>())
            .expect(line)
            .again
    }

    #[test]
    fn a_command_line_is_repeated_as_it_was_meant() {
        for line in [
            "up",
            "up --to 20260101000000 --dry-run",
            "rollback --batch --yes",
            "rollback --batch 3",
            "db create --env test",
            "status --verbose --verbose",
            "resolve 7 --applied --reason why",
        ] {
            assert_eq!(again(line).line(), format!("dieselkit {line}"));
        }
        assert_eq!(
            again("-e test migrate --steps=2 -q").line(),
            "dieselkit up --steps 2 --env test --quiet"
        );
    }

    #[test]
    fn a_flag_is_replaced_where_it_was_typed_already() {
        let typed = again("rollback --confirm other --env test");
        assert_eq!(
            typed.with("--confirm", Some("the studio")),
            "dieselkit rollback --env test --confirm 'the studio'"
        );
    }

    // Without SQLite, its addresses are not understood, and so not repeated.
    #[cfg(feature = "sqlite")]
    #[test]
    fn a_hint_repeats_where_the_command_worked() {
        let typed = again("up --steps 1 -e test --database-url sqlite:my.db --migrations other");
        for (hint, completed) in [
            (
                "`dieselkit db create`",
                "`dieselkit db create --env test --database-url sqlite:my.db --migrations other`",
            ),
            (
                "by `--env x`, or `dieselkit new undo`",
                "by `--env x`, or `dieselkit new undo --migrations other`",
            ),
            (
                "`dieselkit up --env x --all`",
                "`dieselkit up --env x --all --database-url sqlite:my.db --migrations other`",
            ),
            ("`dieselkit --help`", "`dieselkit --help`"),
            ("`ls -l dieselkit `", "`ls -l dieselkit `"),
        ] {
            assert_eq!(typed.complete(hint), completed);
        }
    }

    #[test]
    fn a_value_that_begins_with_a_dash_is_typed_as_one() {
        let words = [
            "dieselkit",
            "goto",
            "--migrations=-x y",
            "--yes",
            "--",
            "-5",
        ];
        let again = super::super::parse(&words.map(Into::into))
            .expect("it can be typed")
            .again;
        assert_eq!(
            again.line(),
            "dieselkit goto --migrations='-x y' --yes -- -5"
        );
        assert_eq!(
            again.complete("`dieselkit new a`, `dieselkit up --migrations='-x y'`"),
            "`dieselkit new a --migrations='-x y'`, `dieselkit up --migrations='-x y'`"
        );
    }

    #[test]
    fn an_answer_is_repeated_for_the_same_command_alone() {
        let typed = again("rollback --steps 2 --yes");
        assert_eq!(
            typed.complete("`dieselkit rollback`, `dieselkit redo`, `dieselkit rollback --yes`"),
            "`dieselkit rollback --yes`, `dieselkit redo`, `dieselkit rollback --yes`"
        );
        let typed = again("db drop --confirm studio");
        assert_eq!(
            typed.complete("`dieselkit db drop`, `dieselkit db create`"),
            "`dieselkit db drop --confirm studio`, `dieselkit db create`"
        );
    }

    #[test]
    fn a_command_can_be_typed_without_its_backup() {
        for line in [
            "rollback --yes",
            "rollback --yes --backup",
            "rollback --yes --no-backup",
        ] {
            assert_eq!(
                again(line).without_backup(),
                "dieselkit rollback --yes --no-backup"
            );
        }
        assert_eq!(
            again("up --backup").complete("`dieselkit up --steps 2`, `dieselkit status`"),
            "`dieselkit up --steps 2 --backup`, `dieselkit status`"
        );
    }

    #[test]
    fn a_hint_repeats_what_was_asked_for() {
        let typed = again("seed --only a --allow-pending --transaction batch");
        let line = "dieselkit seed --only a --allow-pending --transaction batch";
        for (hint, completed) in [
            ("mend it, `dieselkit seed`", format!("mend it, `{line}`")),
            (
                "`dieselkit seed --lock-wait 10m`",
                format!("`{line} --lock-wait 10m`"),
            ),
            (
                "`dieselkit seed --allow-pending`",
                "`dieselkit seed --only a --transaction batch --allow-pending`".to_owned(),
            ),
            (
                "`dieselkit seed --yes --only b`",
                "`dieselkit seed --allow-pending --transaction batch --yes --only b`".to_owned(),
            ),
            (
                "`dieselkit seed status`",
                "`dieselkit seed status`".to_owned(),
            ),
            ("`dieselkit up`", "`dieselkit up`".to_owned()),
        ] {
            assert_eq!(typed.instead_of_its_name(hint), completed);
        }
    }

    #[test]
    fn a_hint_repeats_what_was_asked_for_beside_a_value_that_is_quoted() {
        let typed = again("restore p.sql --into taken --no-owner");
        for (hint, completed) in [
            (
                "`dieselkit restore --into 'rv4 a_2'`",
                "`dieselkit restore p.sql --no-owner --into 'rv4 a_2'`",
            ),
            (
                r"`dieselkit restore --into 'a b'\''c --d.db' --force`",
                r"`dieselkit restore p.sql --no-owner --into 'a b'\''c --d.db' --force`",
            ),
            (
                "`dieselkit restore --into='-a b'`",
                "`dieselkit restore p.sql --no-owner --into='-a b'`",
            ),
            (
                "`dieselkit restore --replace`",
                "`dieselkit restore p.sql --no-owner --replace`",
            ),
            (
                "`dieselkit restore 'another one'`",
                "`dieselkit restore 'another one'`",
            ),
        ] {
            assert_eq!(typed.instead_of_its_name(hint), completed);
        }
    }

    #[test]
    fn a_password_is_not_repeated() {
        for url in [
            "postgres://u:s3cret@h/db",
            "host=h password=s3cret",
            "postgres://h/db?password=s3cret",
            "postgres:/u:s3cret@h/db",
        ] {
            let words = [
                "dieselkit",
                "status",
                "--env",
                "test",
                "--database-url",
                url,
            ];
            let again = super::super::parse(&words.map(Into::into))
                .expect(url)
                .again;
            let hint = again.complete("`dieselkit db create`");
            assert_eq!(
                hint,
                "`dieselkit db create --env test --database-url URL` \
                 (URL is the address that you gave, which is not repeated here)"
            );
            assert!(!again.line().contains("s3cret"));
        }
    }
}
