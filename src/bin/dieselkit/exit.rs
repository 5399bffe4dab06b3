//! The exit codes, which scripts rely on.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything that was asked for is done.
    Done,
    /// Something failed.
    Failed,
    /// The command line or the configuration is wrong.
    Usage,
    /// `check` or `status --check` found something.
    Findings,
    /// Another run holds the lock.
    LockHeld,
    /// A protected environment, or nobody consented.
    Refused,
    /// Ctrl-C.
    Interrupted,
}

impl Exit {
    /// Returns the code that the process ends with.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Findings => 3,
            Self::LockHeld => 4,
            Self::Refused => 5,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_that_help_lists() {
        let help = crate::args::command_line().render_help().to_string();
        for (exit, words) in [
            (Exit::Done, "done"),
            (Exit::Failed, "failed"),
            (Exit::Usage, "wrong usage"),
            (Exit::Findings, "findings"),
            (Exit::LockHeld, "the lock is held"),
            (Exit::Refused, "refused"),
            (Exit::Interrupted, "interrupted"),
        ] {
            let line = format!("{:>5}  {words}", exit.code());
            assert!(help.contains(&line), "{line}");
        }
    }
}
