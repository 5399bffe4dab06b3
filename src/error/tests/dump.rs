//! The errors of copying a database, and of the way back.

use super::all_errors;
use crate::backend::address::Engine;
use crate::backend::dump::{DumpError, Format};
use crate::backend::restore::RestoreError;
use crate::backend::{BackendError, DatabaseError};

fn failed(complaints: &str) -> DumpError {
    DumpError::ToolFailed {
        path: "/usr/lib/postgresql/15/bin/pg_dump".into(),
        status: "exit status: 1".to_owned(),
        complaints: complaints.to_owned(),
    }
}

all_errors!(every_error_of_a_copy_reads_well: DumpError {
    DumpError::Backend(_) => [DumpError::Backend(BackendError::LockTimeout {
        holder: None,
        waited_ms: 60_000,
    })],
    DumpError::InMemory => [DumpError::InMemory],
    DumpError::OtherFormat { .. } => [DumpError::OtherFormat {
        format: Format::Custom,
        engine: Engine::Sqlite,
    }],
    DumpError::NoScope { .. } => [DumpError::NoScope { engine: Engine::Sqlite }],
    DumpError::ToolMissing { .. } => [
        DumpError::ToolMissing {
            program: "pg_dump",
            server: "PostgreSQL 18.4".to_owned(),
            major: 18,
            folders: vec!["/usr/local/bin".into(), "/usr/bin".into()],
        },
        DumpError::ToolMissing {
            program: "pg_dump",
            server: "PostgreSQL 18.4".to_owned(),
            major: 18,
            folders: Vec::new(),
        },
    ],
    DumpError::ToolTooOld { .. } => [DumpError::ToolTooOld {
        path: "/usr/lib/postgresql/15/bin/pg_dump".into(),
        version: "15.14 (Debian 15.14-0+deb12u1)".to_owned(),
        server: "PostgreSQL 18.4".to_owned(),
        major: 18,
    }],
    DumpError::ToolUnusable { .. } => [DumpError::ToolUnusable {
        program: "pg_dump",
        path: "/opt/my tools/pg_dump".into(),
        message: "it calls itself `pg_restore (PostgreSQL) 15.14`".to_owned(),
    }],
    DumpError::ToolFailed { .. } => [
        failed("pg_dump: error: query failed: ERROR:  permission denied for table users\npg_dump: detail: Query was: LOCK TABLE public.users IN ACCESS SHARE MODE\n"),
        failed("pg_dump: error: could not obtain lock on relation \"public.users\"\n"),
        failed("pg_dump: error: could not write to file: No space left on device\n"),
        failed("pg_dump: error: query would be affected by row-level security policy for table \"users\"\n"),
        failed("pg_dump: error: query failed: server closed the connection unexpectedly\n"),
        failed("pg_dump: error: no matching tables were found\n"),
        failed(""),
        DumpError::ToolFailed {
            path: "/usr/lib/postgresql/15/bin/pg_dump".into(),
            status: "signal: 9 (SIGKILL)".to_owned(),
            complaints: String::new(),
        },
    ],
    DumpError::MayNotRead { .. } => [DumpError::MayNotRead {
        user: "app".to_owned(),
        object: "table orders".to_owned(),
        grant: "GRANT pg_read_all_data TO app;".to_owned(),
        source: DatabaseError::from_message("permission denied for table orders"),
    }],
    DumpError::Silent { .. } => [DumpError::Silent {
        path: "/opt/my tools/pg_dump".into(),
    }],
    DumpError::SecretNotPassable { .. } => [DumpError::SecretNotPassable {
        parameter: "sslpassword",
    }],
    DumpError::NoRoom { .. } => [DumpError::NoRoom {
        folder: "my backups".into(),
        source: Box::new(failed("pg_dump: error: could not write to file: No space left on device\n")),
    }],
    DumpError::File { .. } => [DumpError::File {
        action: "make room for a copy in",
        path: "/var/my backups".into(),
        source: super::backend::denied(),
    }],
    DumpError::Damaged { .. } => [DumpError::Damaged {
        target: "my app.db".to_owned(),
        findings: vec!["row 1 missing from index a".to_owned(), "wrong # of entries in index a".to_owned()],
    }],
    DumpError::TablesChanging { .. } => [DumpError::TablesChanging {
        target: "ada@db.example:5432/shop".to_owned(),
        waited_ms: 60_000,
    }],
    DumpError::Interrupted => [DumpError::Interrupted],
});

fn not_restored(complaints: &str) -> RestoreError {
    RestoreError::ToolFailed {
        path: "/usr/lib/postgresql/15/bin/psql".into(),
        status: "exit status: 3".to_owned(),
        complaints: complaints.to_owned(),
    }
}

all_errors!(every_error_of_the_way_back_reads_well: RestoreError {
    RestoreError::Backend(_) => [RestoreError::Backend(BackendError::DatabaseExists {
        name: "shop".to_owned(),
    })],
    RestoreError::Program(_) => [RestoreError::Program(DumpError::ToolMissing {
        program: "psql",
        server: "PostgreSQL 18.4".to_owned(),
        major: 18,
        folders: vec!["/usr/bin".into()],
    })],
    RestoreError::OtherFormat { .. } => [RestoreError::OtherFormat {
        format: Format::Custom,
    }],
    RestoreError::Unreadable { .. } => [RestoreError::Unreadable {
        source: std::io::Error::other("corrupt deflate stream"),
    }],
    RestoreError::Truncated { .. } => [RestoreError::Truncated {
        marker: "PostgreSQL database dump complete",
    }],
    RestoreError::Elsewhere { .. } => [RestoreError::Elsewhere {
        number: 12,
        text: "\\connect shop".to_owned(),
        script: Some("old dumps/shop.sql".into()),
    }],
    RestoreError::Outside { .. } => [
        RestoreError::Outside {
            number: 12,
            statement: "GRANT … ON DATABASE",
            script: Some("shop.sql.gz".into()),
        },
        RestoreError::Outside {
            number: 12,
            statement: "CREATE ROLE",
            script: Some("shop.sql".into()),
        },
    ],
    RestoreError::EndsTransaction { .. } => [RestoreError::EndsTransaction {
        number: 12,
        statement: "COMMIT",
        script: None,
    }],
    RestoreError::PsqlCommand { .. } => [RestoreError::PsqlCommand {
        number: 12,
        text: "\\! ls".to_owned(),
    }],
    RestoreError::BadContents { .. } => [RestoreError::BadContents {
        path: "/usr/lib/postgresql/15/bin/psql".into(),
        complaints: "psql:<stdin>:31: ERROR:  missing data for column \"name\"\nCONTEXT:  COPY users, line 7: \"7\"\n".to_owned(),
    }],
    RestoreError::ToolFailed { .. } => [
        not_restored("psql:<stdin>:217: ERROR:  role \"my app\" does not exist\n"),
        not_restored("psql:<stdin>:9: ERROR:  extension \"postgis\" is not available\nDETAIL:  Could not open extension control file.\n"),
        not_restored("psql:<stdin>:99: ERROR:  could not extend file: No space left on device\n"),
        not_restored("psql:<stdin>:20: ERROR:  CREATE DATABASE cannot run inside a transaction block\n"),
        not_restored("psql:<stdin>:31: ERROR:  must be member of role \"ada\"\n"),
        not_restored("psql:<stdin>:31: ERROR:  must be able to SET ROLE \"ada\"\n"),
        not_restored("pg_restore: error: could not open input file \"/srv/shop.dir/3012.dat\": No such file or directory\n"),
        not_restored("psql:<stdin>:7: ERROR:  tablespace \"fast\" is no more\n"),
        not_restored(""),
    ],
    RestoreError::InUse { .. } => [RestoreError::InUse {
        name: "shop".to_owned(),
        users: vec!["pid 17, user ada, shop-web, on 10.0.0.7".to_owned(), "pid 18, user ada".to_owned()],
    }, RestoreError::InUse {
        name: "shop".to_owned(),
        users: vec!["a backup is running (pid 17, user ada, pg_dump of dieselkit's session 16)".to_owned()],
    }],
    RestoreError::Damaged { .. } => [RestoreError::Damaged {
        findings: vec!["database disk image is malformed".to_owned()],
    }],
    RestoreError::File { .. } => [RestoreError::File {
        action: "replace",
        path: "/srv/my shop.db".into(),
        source: super::backend::denied(),
    }],
    RestoreError::Interrupted => [RestoreError::Interrupted],
});
