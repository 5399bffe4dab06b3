//! The errors of seeds: of their folders, of a seed that does not fit, and of seeding.

use super::{all_errors, version};
use crate::backend::DatabaseError;
use crate::file_kind::{DeadLink, OtherThanFile};
use crate::migration::{Place, SourceError};
use crate::seed::{
    AnonymizeError, CaptureError, GenerateError, SeedError, SeedFailure, SeedReport,
    SeedScaffoldError, SeedSourceError, UnfitSeed,
};
use crate::sql::{NotUtf8, Position};

fn at(line: usize) -> Place {
    Place {
        file: "seeds/development/020_users.csv".to_owned(),
        line,
        column: 1,
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

all_errors!(every_error_of_the_folders_of_seeds_reads_well: SeedSourceError {
    SeedSourceError::Unreadable { .. } => [SeedSourceError::Unreadable {
        path: "seeds".into(),
        message: "No such file or directory (os error 2)".to_owned(),
    }],
    SeedSourceError::NotUtf8 { .. } => [SeedSourceError::NotUtf8 {
        path: "seeds/common/010_roles.sql".into(),
        found: NotUtf8 { position: Position { line: 2, column: 5 }, encoding: "latin1" },
    }],
    SeedSourceError::DeadLink { .. } => [SeedSourceError::DeadLink {
        path: "seeds".into(),
        link: DeadLink { target: Some("../shared/seeds".into()) },
    }],
    SeedSourceError::NotAFile { .. } => [SeedSourceError::NotAFile {
        path: "seeds/common/010_users.csv".into(),
        found: OtherThanFile::Pipe,
    }],
    SeedSourceError::NoFolder { .. } => [SeedSourceError::NoFolder { path: "seeds".into() }],
    SeedSourceError::NoEnvironmentFolder { .. } => [
        SeedSourceError::NoEnvironmentFolder {
            path: "seeds/develpment".into(),
            existing: names(&["development", "test"]),
        },
        SeedSourceError::NoEnvironmentFolder { path: "seeds/test".into(), existing: Vec::new() },
    ],
    SeedSourceError::NotASeed { .. } => [SeedSourceError::NotASeed {
        path: "seeds/common/users.xlsx".into(),
    }],
    SeedSourceError::SidecarAlone { .. } => [SeedSourceError::SidecarAlone {
        path: "seeds/common/020_users.toml".into(),
    }],
    SeedSourceError::Sidecar { .. } => [
        SeedSourceError::Sidecar {
            place: at(2),
            message: "unknown field `keys`, expected one of `table`, `key`, `columns`".to_owned(),
        },
        SeedSourceError::Sidecar {
            place: at(2),
            message: "`key` names no column".to_owned(),
        },
    ],
    SeedSourceError::Credentials { .. } => [SeedSourceError::Credentials {
        place: Place { file: "seeds/development/credentials.toml".to_owned(), line: 1, column: 1 },
        message: "missing field `password`".to_owned(),
    }],
    SeedSourceError::SharedCredentials { .. } => [SeedSourceError::SharedCredentials {
        path: "seeds/common/credentials.toml".into(),
        own: "seeds/development".into(),
    }],
    SeedSourceError::UnknownDirective { .. } => [
        SeedSourceError::UnknownDirective { place: at(1), word: "onec".to_owned() },
        SeedSourceError::UnknownDirective { place: at(1), word: "never".to_owned() },
    ],
    SeedSourceError::Contradiction { .. } => [SeedSourceError::Contradiction { place: at(2) }],
    SeedSourceError::AmbiguousOrder { .. } => [SeedSourceError::AmbiguousOrder {
        first: "seeds/common/10_b.sql".into(),
        second: "seeds/common/9_a.sql".into(),
    }],
});

fn unknown_column(column: &str) -> UnfitSeed {
    UnfitSeed::UnknownColumn {
        table: "public.users".to_owned(),
        column: column.to_owned(),
        columns: names(&["id", "email"]),
    }
}

fn unknown_key(column: &str) -> UnfitSeed {
    UnfitSeed::UnknownKey {
        table: "public.users".to_owned(),
        column: column.to_owned(),
        columns: names(&["id", "email"]),
    }
}

all_errors!(every_error_of_a_seed_that_does_not_fit_reads_well: UnfitSeed {
    UnfitSeed::Unreadable { .. } => [UnfitSeed::Unreadable {
        path: "seeds/common/020_users.csv".into(),
        message: "Permission denied (os error 13)".to_owned(),
    }],
    UnfitSeed::Changed { .. } => [UnfitSeed::Changed {
        path: "seeds/common/020_users.csv".into(),
    }],
    UnfitSeed::Malformed { .. } => [
        UnfitSeed::Malformed {
            place: at(1),
            message: "the header has the column `id` twice".to_owned(),
            hint: None,
        },
        UnfitSeed::Malformed {
            place: at(2),
            message: "unterminated string literal".to_owned(),
            hint: Some("close the string literal that starts at line 2".to_owned()),
        },
    ],
    UnfitSeed::Template { .. } => [UnfitSeed::Template {
        place: Place { file: "seeds/development/020_users.sql.jinja".to_owned(), line: 3, column: 9 },
        message: "a string goes into SQL through the filter `sql`".to_owned(),
    }],
    UnfitSeed::UnsetVariable { .. } => [UnfitSeed::UnsetVariable {
        place: Place { file: "seeds/production/010_admin.sql".to_owned(), line: 6, column: 14 },
        name: "ADMIN_PASSWORD".to_owned(),
    }],
    UnfitSeed::Unwritten { .. } => [UnfitSeed::Unwritten {
        path: "seeds/development/030_more.sql".into(),
    }],
    UnfitSeed::ControlsTransaction { .. } => [UnfitSeed::ControlsTransaction {
        place: Place { file: "seeds/development/020_users.sql".to_owned(), line: 3, column: 1 },
    }],
    UnfitSeed::CopyFromStdin { .. } => [UnfitSeed::CopyFromStdin {
        place: Place { file: "seeds/development/020_users.sql".to_owned(), line: 3, column: 1 },
    }],
    UnfitSeed::NoTable { .. } => [
        UnfitSeed::NoTable { table: "billing.invoices".to_owned(), similar: None },
        UnfitSeed::NoTable { table: "usres".to_owned(), similar: Some("users".to_owned()) },
    ],
    UnfitSeed::View { .. } => [UnfitSeed::View { view: "grown_ups".to_owned() }],
    UnfitSeed::Bookkeeping { .. } => [UnfitSeed::Bookkeeping {
        table: "__dieselkit_seeds".to_owned(),
    }],
    UnfitSeed::UnknownColumn { .. } => [
        unknown_column("emial"),
        unknown_column("ID"),
        unknown_column("id;email"),
        unknown_column("id\temail"),
        unknown_column("age"),
    ],
    UnfitSeed::ComputedColumn { .. } => [UnfitSeed::ComputedColumn {
        table: "public.users".to_owned(),
        column: "full_name".to_owned(),
    }],
    UnfitSeed::MissingColumn { .. } => [UnfitSeed::MissingColumn {
        table: "public.users".to_owned(),
        column: "email".to_owned(),
    }],
    UnfitSeed::NoKey { .. } => [UnfitSeed::NoKey { table: "public.log".to_owned() }],
    UnfitSeed::UnknownKey { .. } => [unknown_key("zz"), unknown_key("emial")],
    UnfitSeed::KeyNotInFile { .. } => [UnfitSeed::KeyNotInFile {
        table: "public.users".to_owned(),
        column: "id".to_owned(),
    }],
    UnfitSeed::KeyNotUnique { .. } => [UnfitSeed::KeyNotUnique {
        table: "public.users".to_owned(),
        key: names(&["tenant", "email"]),
        cure: "CREATE UNIQUE INDEX \"users_tenant_email_key\" ON \"public\".\"users\" (\"tenant\", \"email\");".to_owned(),
    }],
    UnfitSeed::ReplaceInProtected { .. } => [UnfitSeed::ReplaceInProtected {
        settings: "seeds/common/020_users.toml".into(),
    }],
    UnfitSeed::DeletesFurther { .. } => [UnfitSeed::DeletesFurther {
        table: "public.users".to_owned(),
        referring: names(&["`public.orders` by `orders_user_id_fkey` (ON DELETE CASCADE)"]),
        settings: "seeds/common/020_users.toml".into(),
    }],
    UnfitSeed::ReplacesOthers { .. } => [UnfitSeed::ReplacesOthers {
        table: "public.users".to_owned(),
        other: "development/020_users.csv".to_owned(),
    }],
    UnfitSeed::SeededLater { .. } => [UnfitSeed::SeededLater {
        table: "public.orders".to_owned(),
        referenced: "public.users".to_owned(),
        later: "common/020_users.csv".to_owned(),
    }],
});

fn failure() -> SeedFailure {
    let error = DatabaseError::from_message("invalid input syntax for type integer: \"three\"");
    SeedFailure {
        place: Some(at(5)),
        column: Some("id".to_owned()),
        value: Some("three".to_owned()),
        server_hint: Some("Use a number.".to_owned()),
        ..SeedFailure::of("development/020_users.csv", error)
    }
}

all_errors!(every_error_of_seeding_reads_well: SeedError {
    SeedError::Source(_) => [SeedSourceError::NotASeed { path: "seeds/common/x".into() }.into()],
    SeedError::Migrations(_) => [SourceError::NoFolder { path: "migrations".into() }.into()],
    SeedError::Backend(_) => [crate::backend::BackendError::Cancelled.into()],
    SeedError::EnvironmentMismatch { .. } => [SeedError::EnvironmentMismatch {
        marked: "production".to_owned(),
        wanted: "development".to_owned(),
    }],
    SeedError::Protected { .. } => [SeedError::Protected { folder: "development".to_owned() }],
    SeedError::Pending { .. } => [
        SeedError::Pending { versions: vec![version("20260131101500")] },
        SeedError::Pending { versions: vec![version("001"), version("002")] },
    ],
    SeedError::UnknownName { .. } => [
        SeedError::UnknownName {
            name: "020_user".to_owned(),
            known: names(&["common/010_countries.csv", "development/020_users.csv"]),
        },
        SeedError::UnknownName { name: "020_users".to_owned(), known: Vec::new() },
    ],
    SeedError::Unfit { .. } => [SeedError::Unfit {
        name: "development/020_users.csv".to_owned(),
        source: UnfitSeed::NoTable { table: "users".to_owned(), similar: None },
    }],
    SeedError::Failed { .. } => [SeedError::Failed {
        report: Box::new(SeedReport::default()),
        source: Box::new(failure()),
    }],
    SeedError::Interrupted { .. } => [SeedError::Interrupted {
        report: Box::new(SeedReport::default()),
    }],
});

#[test]
fn a_file_is_not_blamed_for_what_is_not_its_fault() {
    let hints = [
        "database or disk is full",
        "database is locked",
        "canceling statement due to lock timeout",
        "server closed the connection unexpectedly: This probably means the server terminated abnormally",
        "terminating connection due to administrator command",
        "permission denied to create temporary tables in database \"app\"",
        "permission denied for table users",
        "CREATE INDEX CONCURRENTLY cannot run inside a transaction block",
        "invalid input syntax for type integer: \"three\"",
    ]
    .map(|message| {
        let error = DatabaseError::from_message(message);
        let hint = SeedFailure::of("development/020_users.csv", error).hint();
        format!("{message}\n  hint: {hint}\n")
    });
    insta::assert_snapshot!(hints.concat());
}

all_errors!(every_error_of_making_a_seed_reads_well: SeedScaffoldError {
    SeedScaffoldError::UnusableName { .. } => [SeedScaffoldError::UnusableName {
        name: "--".to_owned(),
    }],
    SeedScaffoldError::NumbersUsedUp { .. } => [SeedScaffoldError::NumbersUsedUp {
        root: "seeds".into(),
    }],
    SeedScaffoldError::Write { .. } => [SeedScaffoldError::Write {
        path: "seeds/development/030_more.sql".into(),
        source: std::io::Error::new(std::io::ErrorKind::StorageFull, "no space left on device"),
    }],
});

all_errors!(every_error_of_a_method_reads_well: AnonymizeError {
    AnonymizeError::Malformed { .. } => [AnonymizeError::Malformed { text: "email".to_owned() }],
    AnonymizeError::UnknownMethod { .. } => [AnonymizeError::UnknownMethod {
        method: "fake:mail".to_owned(),
    }],
});

all_errors!(every_error_of_capturing_reads_well: CaptureError {
    CaptureError::Backend(_) => [crate::backend::BackendError::Cancelled.into()],
    CaptureError::FilterOfSeveral => [CaptureError::FilterOfSeveral],
    CaptureError::Filter { .. } => [CaptureError::Filter {
        table: "users".to_owned(),
        source: DatabaseError::from_message("column \"nothing\" does not exist"),
    }],
    CaptureError::NeedsTypes { .. } => [CaptureError::NeedsTypes {
        source: DatabaseError::from_message(
            "column `b` of type `BLOB` holds a whole number, which a file without types does not bring back",
        ),
    }],
    CaptureError::SeveralIntoOne => [CaptureError::SeveralIntoOne],
    CaptureError::UnknownFormat { .. } => [CaptureError::UnknownFormat { path: "users.txt".into() }],
    CaptureError::OtherFormat { .. } => [CaptureError::OtherFormat {
        path: "users.json".into(),
        format: "csv",
    }],
    CaptureError::ReadOtherwise { .. } => [CaptureError::ReadOtherwise {
        settings: "seeds/development/020_users.toml".into(),
    }],
    CaptureError::NoTable { .. } => [
        CaptureError::NoTable { table: "users".to_owned(), similar: None },
        CaptureError::NoTable { table: "user".to_owned(), similar: Some("users".to_owned()) },
        CaptureError::NoTable { table: "users,teams".to_owned(), similar: Some("users".to_owned()) },
    ],
    CaptureError::View { .. } => [CaptureError::View { view: "guests".to_owned() }],
    CaptureError::Bookkeeping { .. } => [CaptureError::Bookkeeping {
        table: "__dieselkit_history".to_owned(),
    }],
    CaptureError::NoKey { .. } => [CaptureError::NoKey { table: "log".to_owned() }],
    CaptureError::NoKeyValue { .. } => [CaptureError::NoKeyValue { table: "codes".to_owned() }],
    CaptureError::UnusableName { .. } => [CaptureError::UnusableName { table: "a/b".to_owned() }],
    CaptureError::Circle { .. } => [CaptureError::Circle {
        tables: names(&["staff", "teams"]),
    }],
    CaptureError::UnknownColumn { .. } => [CaptureError::UnknownColumn {
        column: "mail".to_owned(),
        columns: names(&["users.id", "users.email"]),
    }],
    CaptureError::UnfitMethod { .. } => [CaptureError::UnfitMethod {
        column: "users.id".to_owned(),
        method: "null".to_owned(),
        reason: "it is never NULL",
    }],
    CaptureError::TooLong { .. } => [CaptureError::TooLong {
        column: "users.email".to_owned(),
        method: "fake:email".to_owned(),
        room: 20,
    }],
    CaptureError::NoIdentity => [CaptureError::NoIdentity],
    CaptureError::Exists { .. } => [CaptureError::Exists {
        path: "seeds/development/020_users.csv".into(),
    }],
    CaptureError::OutOfOrder { .. } => [CaptureError::OutOfOrder {
        path: "seeds/development/010_bookings.csv".into(),
        parent: "seeds/development/020_users.csv".into(),
    }],
    CaptureError::NumbersUsedUp { .. } => [CaptureError::NumbersUsedUp { root: "seeds".into() }],
    CaptureError::RowTooLong { .. } => [CaptureError::RowTooLong {
        path: "seeds/development/020_users.csv".into(),
        row: 12,
    }],
    CaptureError::Interrupted => [CaptureError::Interrupted],
    CaptureError::NotPutBack { .. } => [CaptureError::NotPutBack {
        paths: vec!["seeds/development/010_teams.csv".into()],
        source: Box::new(CaptureError::NumbersUsedUp { root: "seeds".into() }),
    }],
    CaptureError::Write { .. } => [CaptureError::Write {
        path: "seeds/development/020_users.csv".into(),
        source: std::io::Error::new(std::io::ErrorKind::StorageFull, "no space left on device"),
    }],
});

all_errors!(every_error_of_making_rows_up_reads_well: GenerateError {
    GenerateError::Backend(_) => [crate::backend::BackendError::Cancelled.into()],
    GenerateError::EnvironmentMismatch { .. } => [GenerateError::EnvironmentMismatch {
        marked: "production".to_owned(),
        wanted: "development".to_owned(),
    }],
    GenerateError::Protected { .. } => [GenerateError::Protected {
        environment: "production".to_owned(),
    }],
    GenerateError::Pending { .. } => [GenerateError::Pending {
        versions: vec![version("20260131101500")],
    }],
    GenerateError::NoTable { .. } => [
        GenerateError::NoTable { table: "user".to_owned(), similar: Some("users".to_owned()) },
        GenerateError::NoTable { table: "people".to_owned(), similar: None },
    ],
    GenerateError::View { .. } => [GenerateError::View { view: "names".to_owned() }],
    GenerateError::Bookkeeping { .. } => [GenerateError::Bookkeeping {
        table: "__dieselkit_history".to_owned(),
    }],
    GenerateError::NothingToReferTo { .. } => [GenerateError::NothingToReferTo {
        table: "public.orders".to_owned(),
        columns: names(&["user_id"]),
        referenced: "public.users".to_owned(),
    }],
    GenerateError::NoRoom { .. } => [
        GenerateError::NoRoom {
            table: "public.flags".to_owned(),
            columns: names(&["tenant", "is_on"]),
            room: 2,
            rows: 10,
            referenced: None,
        },
        GenerateError::NoRoom {
            table: "public.profiles".to_owned(),
            columns: names(&["user_id"]),
            room: 1,
            rows: 10,
            referenced: Some("public.users".to_owned()),
        },
        GenerateError::NoRoom {
            table: "public.flags".to_owned(),
            columns: names(&["is_on"]),
            room: 0,
            rows: 10,
            referenced: None,
        },
    ],
    GenerateError::UnknownType { .. } => [GenerateError::UnknownType {
        table: "public.fields".to_owned(),
        column: "area".to_owned(),
        type_name: "polygon".to_owned(),
    }],
    GenerateError::Unsatisfiable { .. } => [
        GenerateError::Unsatisfiable {
            table: "public.goods".to_owned(),
            constraint: "goods_price_check".to_owned(),
            columns: names(&["price"]),
        },
        GenerateError::Unsatisfiable {
            table: "public.goods".to_owned(),
            constraint: "low < high".to_owned(),
            columns: names(&["low", "high"]),
        },
    ],
    GenerateError::Refused { .. } => [
        GenerateError::Refused {
            table: "public.goods".to_owned(),
            columns: names(&["price"]),
            source: DatabaseError::from_message("it violates check constraint \"goods_price_check\""),
        },
        GenerateError::Refused {
            table: "public.goods".to_owned(),
            columns: Vec::new(),
            source: DatabaseError::from_message("value too long for type character(2)"),
        },
    ],
    GenerateError::Interrupted => [GenerateError::Interrupted],
});
