//! A plain dump without who owns what, and who may do what, for a server that knows these roles not;
//! and without who may do what with a database as a whole, which is another than the one it goes to.
//!
//! Pure. A dump of `pg_dump` says it in lines of their own; what looks like one in the rows of a
//! table or in the body of a function is none.

use std::io::{self, Write};

use crate::backend::restore::{Owners, Privileges};

/// What a line begins with that gives or takes privileges. What begins or ends the session of another
/// stands around those alone.
const OF_PRIVILEGES: [&[u8]; 5] = [
    b"GRANT ",
    b"REVOKE ",
    b"ALTER DEFAULT PRIVILEGES ",
    b"SET SESSION AUTHORIZATION ",
    b"RESET SESSION AUTHORIZATION;",
];

/// Writes on all that does not name an owner, or somebody with privileges.
pub(super) struct WithoutRoles<W> {
    inner: W,
    owners: Owners,
    privileges: Privileges,
    /// The database whose own privileges are left out in any case, as SQL writes its name.
    database: Option<Vec<u8>>,
    /// Whether the entry under way is of these.
    is_of_database: bool,
    /// A line that has no end yet.
    line: Vec<u8>,
    place: Place,
}

/// Where in a dump a line stands.
enum Place {
    Statements,
    Rows,
    /// In the body of a function, up to its mark.
    Body(Vec<u8>),
}

impl<W: Write> WithoutRoles<W> {
    pub(super) fn new(inner: W, owners: Owners, privileges: Privileges) -> Self {
        Self {
            inner,
            owners,
            privileges,
            database: None,
            is_of_database: false,
            line: Vec::new(),
            place: Place::Statements,
        }
    }

    /// Leaves out the privileges on a database of this name, too.
    pub(super) fn of_database(mut self, name: Option<Vec<u8>>) -> Self {
        self.database = name;
        self
    }

    fn leaves_out(&self, line: &[u8]) -> bool {
        let of_privileges =
            || line.ends_with(b";\n") && OF_PRIVILEGES.iter().any(|start| line.starts_with(start));
        if self.is_of_database && self.is_on_database(line) {
            return true;
        }
        self.owners == Owners::Nobody && names_owner(line)
            || self.privileges == Privileges::Nobody && of_privileges()
    }

    /// Returns whether a line gives or takes privileges on the database as a whole.
    fn is_on_database(&self, line: &[u8]) -> bool {
        let name = self.database.as_deref().unwrap_or_default();
        let on = [b" ON DATABASE ", name, b" "].concat();
        let gives = line.starts_with(b"GRANT ") || line.starts_with(b"REVOKE ");
        gives && line.ends_with(b";\n") && holds(line, &on)
    }

    fn take(&mut self, line: &[u8]) -> io::Result<()> {
        if matches!(self.place, Place::Statements) && line.starts_with(b"-- Name: ") {
            let is_of_one =
                line.starts_with(b"-- Name: DATABASE ") && holds(line, b"; Type: ACL; ");
            self.is_of_database = self.database.is_some() && is_of_one;
        }
        match &self.place {
            Place::Rows if line == b"\\.\n" => self.place = Place::Statements,
            Place::Body(mark) if holds(line, mark) => self.place = Place::Statements,
            Place::Rows | Place::Body(_) => {}
            Place::Statements if self.leaves_out(line) => return Ok(()),
            Place::Statements => self.place = begun_by(line),
        }
        self.inner.write_all(line)
    }
}

impl<W: Write> Write for WithoutRoles<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if !piece.ends_with(b"\n") {
                self.line.extend_from_slice(piece);
            } else if self.line.is_empty() {
                self.take(piece)?;
            } else {
                let mut line = std::mem::take(&mut self.line);
                line.extend_from_slice(piece);
                self.take(&line)?;
            }
        }
        Ok(bytes.len())
    }

    /// Writes on what is there of the last line, too.
    fn flush(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        self.take(&line)?;
        self.inner.flush()
    }
}

fn names_owner(line: &[u8]) -> bool {
    line.starts_with(b"ALTER ") && line.ends_with(b";\n") && holds(line, b" OWNER TO ")
}

/// Returns where the next line stands.
fn begun_by(line: &[u8]) -> Place {
    if line.starts_with(b"COPY ") && line.ends_with(b" FROM stdin;\n") {
        return Place::Rows;
    }
    let text = String::from_utf8_lossy(line);
    let body = text.trim_start().strip_prefix("AS $");
    let mark = body.and_then(|body| Some(format!("${}$", body.split_once('$')?.0)));
    match mark {
        // A body may be one line.
        Some(mark) if text.matches(&mark).count() == 1 => Place::Body(mark.into_bytes()),
        _ => Place::Statements,
    }
}

fn holds(line: &[u8], part: &[u8]) -> bool {
    line.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DUMP: &str = "CREATE TABLE public.a (t text);
ALTER TABLE public.a OWNER TO ada;
CREATE FUNCTION public.f() RETURNS void
    LANGUAGE sql
    AS $_$
ALTER TABLE public.a OWNER TO kept;
$_$;
ALTER FUNCTION public.f() OWNER TO \"the owner\";
CREATE FUNCTION public.g() RETURNS void
    AS $$SELECT 1$$;
ALTER FUNCTION public.g() OWNER TO ada;
COPY public.a (t) FROM stdin;
ALTER TABLE public.a OWNER TO kept;
\\.
ALTER TABLE public.a ENABLE ROW LEVEL SECURITY;
GRANT ALL ON TABLE public.a TO bob;
-- no end";

    const PRIVILEGES: &str = "REVOKE USAGE ON SCHEMA public FROM PUBLIC;
SET SESSION AUTHORIZATION ada;
GRANT SELECT ON TABLE public.a TO bob;
RESET SESSION AUTHORIZATION;
GRANT SELECT(t) ON TABLE public.a TO \"the reader\";
ALTER DEFAULT PRIVILEGES FOR ROLE ada IN SCHEMA public GRANT SELECT ON TABLES TO bob;
";

    fn without(pieces: &[&[u8]]) -> String {
        without_some(pieces, Owners::Nobody, Privileges::Kept)
    }

    fn without_some(pieces: &[&[u8]], owners: Owners, privileges: Privileges) -> String {
        let mut written = Vec::new();
        let mut filter = WithoutRoles::new(&mut written, owners, privileges);
        for piece in pieces {
            filter.write_all(piece).expect("memory takes it");
        }
        filter.flush().expect("memory takes it");
        String::from_utf8(written).expect("it is text")
    }

    #[test]
    fn only_the_owners_are_left_out() {
        let all = DUMP.lines().collect::<Vec<_>>();
        let left: Vec<_> = without(&[DUMP.as_bytes()])
            .lines()
            .map(str::to_owned)
            .collect();
        let gone: Vec<_> = all
            .iter()
            .filter(|line| !left.contains(&(**line).to_owned()))
            .collect();
        assert_eq!(
            gone,
            [
                &"ALTER TABLE public.a OWNER TO ada;",
                &"ALTER FUNCTION public.f() OWNER TO \"the owner\";",
                &"ALTER FUNCTION public.g() OWNER TO ada;",
            ]
        );
        assert_eq!(left.len(), all.len() - gone.len());
    }

    #[test]
    fn privileges_on_the_database_itself_are_left_out_where_they_are_an_entry() {
        let grant = "GRANT CONNECT ON DATABASE \"My shop\" TO bob;\n";
        let revoke = "REVOKE CONNECT,TEMPORARY ON DATABASE \"My shop\" FROM PUBLIC;\n";
        let entry = "-- Name: DATABASE \"My shop\"; Type: ACL; Schema: -; Owner: ada\n";
        let next = "-- Name: TABLE a; Type: ACL; Schema: public; Owner: ada\n";
        let on_table = "GRANT SELECT ON TABLE public.a TO bob;\n";
        let text = [
            DUMP, "\n", grant, entry, revoke, grant, next, grant, on_table,
        ]
        .concat();
        let mut written = Vec::new();
        let mut filter = WithoutRoles::new(&mut written, Owners::Kept, Privileges::Kept)
            .of_database(Some(b"\"My shop\"".to_vec()));
        filter.write_all(text.as_bytes()).expect("memory takes it");
        filter.flush().expect("memory takes it");
        let expected = [DUMP, "\n", grant, entry, next, grant, on_table].concat();
        assert_eq!(String::from_utf8(written).expect("it is text"), expected);
    }

    #[test]
    fn privileges_are_left_out_by_themselves() {
        let dump = format!("{PRIVILEGES}{DUMP}");
        let left = without_some(&[dump.as_bytes()], Owners::Kept, Privileges::Nobody);
        assert_eq!(
            left,
            DUMP.replace("GRANT ALL ON TABLE public.a TO bob;\n", "")
        );
        let left = without_some(&[dump.as_bytes()], Owners::Kept, Privileges::Kept);
        assert_eq!(left, dump);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_pieces_end(place in 0..DUMP.len()) {
            let (one, other) = DUMP.as_bytes().split_at(place);
            prop_assert_eq!(without(&[one, other]), without(&[DUMP.as_bytes()]));
        }
    }
}
