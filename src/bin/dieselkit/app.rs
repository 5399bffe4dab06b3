//! What every command has at hand: what is meant, and how to reach the database.

use std::path::Path;

use chrono::{DateTime, Utc};
use dieselkit::cancellation::Cancellation;
use dieselkit::clock::{Clock as _, SystemClock};
use dieselkit::environment::Protection;
use dieselkit::event::{Leftover, Loss, StepNotice};
use dieselkit::migration::StepSql;
use dieselkit::migration::{RunError, SourceError};
use dieselkit::{Absent, Access, Database, DatabaseAddress, Error, MigrationSet, Migrator};

use crate::args::{Cli, Command, Global};
use crate::consent::{self, Answers, Destruction, Extent, Request, Terminal};
use crate::error::{CommandError, FolderCure};
use crate::interrupt::{self, LastWords};
use crate::report::{Detail, Printer, Progress};
use crate::settings::{Settings, Surroundings};

/// What a command is given.
pub(crate) struct App<'a> {
    pub(crate) global: &'a Global,
    pub(crate) settings: Settings,
    pub(crate) surroundings: Surroundings,
    pub(crate) printer: &'a Printer,
}

/// Which database a command wants, as far as it exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// It only reads.
    Read,
    /// It only reads, for a plan; what would be made is read as if it were.
    Preview(Absent),
    /// It writes to a database that exists.
    Write,
    /// It writes, and makes a file, or the database where that was asked for.
    Create(Absent),
}

impl<'a> App<'a> {
    /// Finds out what is meant.
    pub(crate) fn load(cli: &'a Cli, printer: &'a Printer) -> Result<Self, CommandError> {
        let surroundings = Surroundings::of_process()?;
        let settings = if matches!(cli.command, Command::Init(_)) {
            Settings::for_init(&cli.global, &surroundings)?
        } else {
            Settings::load(&cli.global, &surroundings)?
        };
        Ok(Self {
            global: &cli.global,
            settings,
            surroundings,
            printer,
        })
    }

    /// Returns the address by which the database is worked on: where it goes through a pooler, the one
    /// that leads to the server itself.
    pub(crate) fn address(&self) -> Result<&DatabaseAddress, CommandError> {
        let database = self.settings.database()?;
        Ok(self.settings.lock()?.unwrap_or(&database.address))
    }

    /// Returns the database and the environment, as every command names them.
    pub(crate) fn target(&self) -> Option<String> {
        let database = self.settings.database().ok()?;
        Some(format!(
            "{} ({})",
            database.address,
            self.settings.environment.name()
        ))
    }

    /// Returns the time now, in UTC.
    #[expect(clippy::unused_self, reason = "what a command has at hand")]
    pub(crate) fn now(&self) -> DateTime<Utc> {
        SystemClock::default().now().and_utc()
    }

    /// Returns a path as it is shown: from the current folder, where it is below it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.surroundings.current_dir);
        below.unwrap_or(path).display().to_string()
    }

    /// Reads the migrations; what cannot be read is an error.
    pub(crate) fn migrations(&self) -> Result<MigrationSet, CommandError> {
        MigrationSet::from_folder(self.migrations_folder()).map_err(|error| self.of_folder(error))
    }

    /// Reads the migrations as far as they can be read.
    pub(crate) fn scanned(&self) -> Result<MigrationSet, CommandError> {
        MigrationSet::scan(self.migrations_folder()).map_err(|error| self.of_folder(error))
    }

    /// Finds out what makes the folder, where it is absent.
    fn of_folder(&self, error: SourceError) -> CommandError {
        let SourceError::NoFolder { path } = error else {
            return error.into();
        };
        let made_by_init = Settings::for_init(self.global, &self.surroundings);
        let cure = match made_by_init {
            Ok(settings) if settings.migrations == self.settings.migrations => FolderCure::Init,
            _ => FolderCure::MakeFolder,
        };
        CommandError::NoFolder { path, cure }
    }

    /// Returns the folder of migrations, from the current folder where it is below it, so that
    /// places in messages are short.
    pub(crate) fn migrations_folder(&self) -> std::path::PathBuf {
        self.below_here(&self.settings.migrations)
    }

    /// Returns a folder, from the current folder where it is below it.
    pub(crate) fn below_here(&self, folder: &Path) -> std::path::PathBuf {
        let below = folder.strip_prefix(&self.surroundings.current_dir);
        match below {
            Ok(below) if !below.as_os_str().is_empty() => below.to_owned(),
            _ => folder.to_owned(),
        }
    }

    /// Returns how much is told of what is shown.
    pub(crate) fn detail(&self) -> Detail {
        match self.global.verbose {
            0 => Detail::Usual,
            _ => Detail::Verbose,
        }
    }

    /// Returns who tells of a run while it goes on.
    pub(crate) fn progress(&self) -> Progress {
        Progress::new(self.global)
    }

    /// Connects, and makes a migrator of the database and the migrations.
    pub(crate) fn migrator(&self, reach: Reach) -> Result<Migrator, CommandError> {
        let migrations = self
            .migrations()
            .map_err(|error| self.knowing_what_is_applied(error))?;
        Ok(self.migrator_of(self.connect(reach)?, migrations))
    }

    /// Asks the database which of two files that have one version is the applied one, where it can
    /// be asked.
    fn knowing_what_is_applied(&self, error: CommandError) -> CommandError {
        let CommandError::Library(error) = error else {
            return error;
        };
        let Error::Source(SourceError::Duplicate { .. }) = *error else {
            return CommandError::Library(error);
        };
        let known = self.connect(Reach::Read).ok().and_then(|database| {
            let mut migrator = self.migrator_of(database, self.scanned().ok()?);
            migrator.first_problem()
        });
        known.map_or(CommandError::Library(error), Into::into)
    }

    /// Makes a migrator of a database and migrations.
    pub(crate) fn migrator_of(&self, database: Database, migrations: MigrationSet) -> Migrator {
        let user = self.surroundings.user();
        let host = self.surroundings.host();
        let migrator = Migrator::new(database, migrations)
            .with_environment(self.settings.environment.clone())
            .with_user(user.as_deref(), host.as_deref())
            .with_limits(self.settings.limits)
            .with_retry(self.settings.retry)
            .with_observer(self.progress());
        match self.global.lock_wait {
            Some(lock_wait) => migrator.with_lock_wait(lock_wait),
            None => migrator,
        }
    }

    /// Connects to the database.
    pub(crate) fn connect(&self, reach: Reach) -> Result<Database, CommandError> {
        let address = self.address()?;
        let database = match reach {
            Reach::Read => Database::open(address, Access::ReadOnly),
            Reach::Preview(absent) => Database::preview(address, absent),
            Reach::Write => Database::open(address, Access::ReadWrite),
            Reach::Create(absent) => Database::connect(address, absent),
        }?;
        let database = match reach {
            Reach::Read | Reach::Preview(_) => database,
            Reach::Write | Reach::Create(_) => self.carried(database)?,
        };
        self.as_role(database)
    }

    /// Has everything done as the role that is meant, where one is.
    pub(crate) fn as_role(&self, database: Database) -> Result<Database, CommandError> {
        Ok(match self.settings.role()? {
            Some(role) => database.with_role(role),
            None => database,
        })
    }

    /// Lets the transactions of migrations go through the database's own address, where another one
    /// is to hold the lock.
    pub(crate) fn carried(&self, database: Database) -> Result<Database, CommandError> {
        if self.settings.lock()?.is_none() {
            return Ok(database);
        }
        let address = &self.settings.database()?.address;
        let carrier = Database::open(address, Access::ReadWrite)?;
        Ok(carrier.with_lock_over(database))
    }

    /// Lets Ctrl-C end the migrator's next run between two steps.
    pub(crate) fn interruptible(&self, migrator: Migrator) -> Migrator {
        migrator.with_cancellation(self.on_ctrl_c("dieselkit status"))
    }

    /// Returns a request to stop that the next Ctrl-C makes. Where the second one ends the process,
    /// its last words name the command that says what is committed.
    pub(crate) fn on_ctrl_c(&self, asks: &'static str) -> Cancellation {
        let stopped = CommandError::StoppedAtOnce { asks };
        interrupt::leave_last_words(LastWords {
            asks: self.printer.complete(&format!("`{asks}`")),
            document: self.printer.document(self, &stopped),
        });
        interrupt::on_ctrl_c()
    }

    /// Returns the stricter protection of what was said and of what the database is marked with.
    ///
    /// A database that is marked with another environment is refused here already, before anybody
    /// is asked anything.
    pub(crate) fn protection(&self, migrator: &mut Migrator) -> Result<Protection, CommandError> {
        let environment = &self.settings.environment;
        match migrator.marked_environment()? {
            Some(marked) if marked != environment.name() => Err(RunError::EnvironmentMismatch {
                marked,
                wanted: environment.name().to_owned(),
            }
            .into()),
            _ => Ok(environment.protection()),
        }
    }

    /// Returns what is worth a warning before anything is read from the database.
    pub(crate) fn warnings(&self, migrator: &mut Migrator) -> Result<Vec<String>, CommandError> {
        let other = self.warning_of_other_environment(migrator)?;
        let place = migrator.lacking_place()?.map(|error| match error.hint() {
            Some(hint) => format!("{error}: {hint}"),
            None => error.to_string(),
        });
        let left = self.left_by_restores(migrator);
        Ok(other.into_iter().chain(place).chain(left).collect())
    }

    /// Returns what restores left beside the database that were killed, with what removes it. Whoever
    /// cannot be told of that is kept from nothing.
    pub(crate) fn left_by_restores(&self, migrator: &mut Migrator) -> Vec<String> {
        let found = migrator.left_by_restores().unwrap_or_default();
        found.iter().map(|left| self.told_of(left)).collect()
    }

    /// Returns what is told of something that is left beside the database.
    pub(crate) fn told_of(&self, left: &Leftover) -> String {
        let text = match left.stays {
            Some(_) => left.to_string(),
            None => format!(
                "there is {left}: the next restore, or rehearsal on a copy, removes it, as `dieselkit backup verify --restore` does"
            ),
        };
        self.printer.complete(&text)
    }

    /// Returns the warning that the database belongs to another environment, where it does.
    pub(crate) fn warning_of_other_environment(
        &self,
        migrator: &mut Migrator,
    ) -> Result<Option<String>, CommandError> {
        let environment = self.settings.environment.name();
        let marked = migrator.marked_environment()?;
        let other = marked.filter(|marked| marked != environment);
        Ok(other.map(|marked| {
            format!(
                "the database is marked as `{marked}`, but the environment is `{environment}`: commands that write will refuse"
            )
        }))
    }

    /// Asks for consent to something that destroys.
    pub(crate) fn consent(
        &self,
        destruction: Destruction,
        protection: Protection,
    ) -> Result<(), CommandError> {
        self.consent_within(Extent::default(), destruction, protection)
    }

    /// Asks for consent to something that destroys this much.
    pub(crate) fn consent_within(
        &self,
        extent: Extent<'_>,
        destruction: Destruction,
        protection: Protection,
    ) -> Result<(), CommandError> {
        self.ask(extent, destruction, protection, self.address()?.database())
    }

    /// Asks for consent to something that destroys a database of this name.
    pub(crate) fn consent_to(
        &self,
        destruction: Destruction,
        protection: Protection,
        database: Option<&str>,
    ) -> Result<(), CommandError> {
        self.ask(Extent::default(), destruction, protection, database)
    }

    fn ask(
        &self,
        extent: Extent<'_>,
        destruction: Destruction,
        protection: Protection,
        database: Option<&str>,
    ) -> Result<(), CommandError> {
        consent::obtain(&Request {
            destruction,
            protection,
            database,
            extent,
            answers: Answers {
                yes: self.global.yes,
                confirm: self.global.confirm.as_deref(),
            },
            terminal: Terminal::of_process(),
        })?;
        Ok(())
    }

    /// Shows a plan that destroys, asks for consent, and binds the next run to that plan.
    pub(crate) fn approve(
        &self,
        migrator: &mut Migrator,
        destruction: Destruction,
        steps: &[StepSql],
    ) -> Result<(), CommandError> {
        let protection = self.protection(migrator)?;
        let losses: Vec<Loss> = steps.iter().flat_map(|it| it.losses.clone()).collect();
        let steps: Vec<StepNotice> = steps.iter().map(|step| step.step.clone()).collect();
        self.printer.announce(&steps, &losses);
        let extent = Extent {
            schemas: &[],
            baselines: steps.iter().filter(|step| step.baseline).count(),
        };
        let consent = self.consent_within(extent, destruction, protection);
        consent.map_err(|error| error.before(&steps, &losses))?;
        migrator.approve(steps);
        Ok(())
    }
}
