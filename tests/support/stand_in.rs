//! Programs of the server that fail, or wait, as a test wants it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::postgres::Cluster;
use super::project::Project;

impl Cluster {
    /// Lays a program into a project that runs lines of a shell, in which `$REAL` is the installed one.
    /// What version it is, and which flags it has, the installed one answers.
    pub(crate) fn stand_in(&self, project: &Project, name: &str, lines: &str) {
        let real = self.program(name);
        let real = real.get_program().to_string_lossy();
        let text = format!(
            "#!/bin/sh\nREAL={real}\ncase \"$1\" in --version|--help) exec $REAL \"$1\";; esac\n{lines}\n"
        );
        project.write(name, &text);
        let runs = Permissions::from_mode(0o755);
        fs::set_permissions(project.path(name), runs).expect("it is ours");
    }
}
