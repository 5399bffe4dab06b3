//! The database and whoever is at work in it.

use dieselkit::Migrator;
use dieselkit::backend::examine::{Defect, Examination, IdleTransaction, Way};
use dieselkit::event::{LeftAt, Leftover};
use dieselkit::shell::command;

use super::Doctor;
use dieselkit::backup::retention::Span;

impl Doctor<'_, '_> {
    pub(super) fn database(&mut self, migrator: &mut Migrator) {
        match migrator.examine(self.app.settings.idle_in_transaction) {
            Ok(examination) => self.examined(migrator, &examination),
            Err(error) => self.failed("connection", error),
        }
        self.lock(migrator);
        self.mark(migrator);
        for left in migrator.left_by_restores().unwrap_or_default() {
            self.left_behind(&left);
        }
    }

    /// Tells of what nobody is at work on any more, and takes as much room as the database.
    fn left_behind(&mut self, left: &Leftover) {
        let told = self.app.told_of(left);
        if left.stays.is_none() && left.left_at == LeftAt::Filling {
            let drop = command("dieselkit db drop {}", &[&left.name]);
            self.problem("restores", told, format!("remove it at once: {drop}"));
        } else {
            self.note("restores", told, None);
        }
    }

    fn examined(&mut self, migrator: &mut Migrator, examination: &Examination) {
        let version = &examination.server_version;
        match &examination.way {
            Way::Here => self.good("connection", version.clone()),
            Way::SameMachine => {
                self.good("connection", format!("{version}, on this machine"));
            }
            Way::Encrypted(protocol) => {
                self.good("connection", format!("{version}, encrypted by {protocol}"));
                self.proof();
            }
            _ => {
                let message = format!("{version}, over a network and not encrypted");
                let cure = "let the server have TLS, and add `?sslmode=verify-full` to the address";
                self.problem("connection", message, cure);
            }
        }
        self.privileges(examination);
        // Nobody else is in this process.
        if examination.way != Way::Here {
            self.pooler(migrator);
            self.indexes(examination);
            for defect in &examination.pending_detaches {
                self.defect("partitions", defect);
            }
            self.idle(&examination.idle);
        }
    }

    /// Tells of an address that would take anybody for the server.
    fn proof(&mut self) {
        let settings = &self.app.settings;
        let variable = |name: &str| settings.variables.get(name).cloned();
        let takes_anybody = settings
            .database()
            .is_ok_and(|database| database.address.asks_for_no_proof(variable));
        if takes_anybody {
            let message = "the address asks for no proof of whose server it is, so that somebody on the way could be it";
            let cure = "add `sslmode=verify-full` to the address, and `sslrootcert=FILE`, the certificate of the server's authority";
            self.note("connection", message, Some(cure.to_owned()));
        }
    }

    fn pooler(&mut self, migrator: &mut Migrator) {
        match migrator.refuse_pooler() {
            Ok(()) if self.app.settings.lock().is_ok_and(|lock| lock.is_some()) => self.good(
                "pooler",
                "the lock is held over `lock_url`, which leads to the same database as `url`",
            ),
            Ok(()) => self.good("pooler", "none that would lose the lock"),
            Err(error) => self.failed("pooler", error),
        }
    }

    fn privileges(&mut self, examination: &Examination) {
        if let Some(why) = &examination.read_only {
            let message = format!("nothing can be written: {}", why.what);
            self.problem("privileges", message, why.cure.clone());
        } else if examination.lacking.is_empty() {
            self.good("privileges", "enough to migrate");
        }
        for defect in &examination.lacking {
            self.defect("privileges", defect);
        }
    }

    fn indexes(&mut self, examination: &Examination) {
        let Examination {
            invalid_indexes: invalid,
            undroppable_indexes: undroppable,
            waiting_indexes: waiting,
            ..
        } = examination;
        if invalid.is_empty() && undroppable.is_empty() && waiting.is_empty() {
            self.good("indexes", "all valid");
        }
        for defect in invalid {
            self.defect("indexes", defect);
        }
        for Defect { what, cure, .. } in undroppable {
            let cure = format!("this user may not drop it; let a superuser run `{cure};`");
            self.problem("indexes", what.clone(), cure);
        }
        // It may be on its way: partition by partition, a migration each.
        for Defect { what, cure, .. } in waiting {
            self.note("indexes", what.clone(), Some(format!("`{cure};`")));
        }
    }

    fn defect(&mut self, check: &'static str, defect: &Defect) {
        let cure = format!("`{};`", defect.cure);
        self.problem(check, defect.what.clone(), cure);
    }

    fn idle(&mut self, idle: &[IdleTransaction]) {
        if idle.is_empty() {
            self.good("sessions", "none is open and idle");
        }
        for transaction in idle {
            let open = Span::rough(transaction.open);
            let locked = match transaction.tables.as_slice() {
                [] => String::new(),
                tables => format!(", holding {}", tables.join(", ")),
            };
            let message = format!(
                "{}, open for {open}{locked}: migrations would wait for it",
                who(transaction)
            );
            let ends = transaction.ends();
            self.problem("sessions", message, format!("end it: `{ends}`"));
        }
    }

    fn lock(&mut self, migrator: &mut Migrator) {
        match migrator.lock_holder() {
            Ok(None) => self.good("lock", "free"),
            Ok(Some(holder)) => {
                let message = format!("held by {holder}");
                self.note("lock", message, None);
            }
            Err(error) => self.failed("lock", error),
        }
    }

    fn mark(&mut self, migrator: &mut Migrator) {
        let environment = self.app.settings.environment.name();
        match migrator.marked_environment() {
            Ok(Some(marked)) if marked == environment => {
                self.good("mark", format!("the database is of `{marked}`"));
            }
            Ok(Some(marked)) => {
                let message = format!(
                    "the database is marked as `{marked}`, but the environment is `{environment}`: commands that write will refuse"
                );
                let doctor = command("dieselkit doctor --env {}", &[&marked]);
                let mark = command("dieselkit db mark {}", &[&environment]);
                let cure = format!("look there: {doctor}; or, if it has changed hands: {mark}");
                self.problem("mark", message, cure);
            }
            Ok(None) => {
                let message = "the database has none: the first command that writes gives it one";
                self.note("mark", message, None);
            }
            Err(error) => self.failed("mark", error),
        }
    }
}

/// Returns whose transaction it is.
fn who(transaction: &IdleTransaction) -> String {
    let IdleTransaction {
        pid,
        user,
        application,
        prepared,
        ..
    } = transaction;
    if let Some(name) = prepared {
        return format!("the transaction of {user} that was prepared as `{name}` is not committed");
    }
    let named = match application.as_str() {
        "" => String::new(),
        name => format!(" ({name})"),
    };
    format!("process {pid} of {user}{named} is idle in a transaction")
}
