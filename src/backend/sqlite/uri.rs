//! How `SQLite` is told to open a file.
//!
//! It knows no file: whether there is one is for others to see.

use std::path::Path;

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

/// What must be encoded in the path of a `file:` URI. <https://www.sqlite.org/uri.html>
const PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'?').add(b'#').add(b'"');

/// Returns the URI of a file, with parameters as `mode=ro`.
pub(super) fn uri(path: &Path, parameters: &str) -> String {
    let path = percent_encode(path.as_os_str().as_encoded_bytes(), PATH).to_string();
    // What stands between the second slash and the third would be taken for a host.
    let authority = if path.starts_with('/') { "//" } else { "" };
    format!("file:{authority}{path}?{parameters}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_a_path() {
        for (path, expected) in [
            ("a.db", "file:a.db?mode=ro"),
            ("/srv/a.db", "file:///srv/a.db?mode=ro"),
            ("//srv/a.db", "file:////srv/a.db?mode=ro"),
            ("100% #1?.db", "file:100%25%20%231%3F.db?mode=ro"),
            ("größe.db", "file:gr%C3%B6%C3%9Fe.db?mode=ro"),
        ] {
            assert_eq!(uri(Path::new(path), "mode=ro"), expected);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_name_need_be_no_text() {
        use std::os::unix::ffi::OsStrExt as _;
        let name = std::ffi::OsStr::from_bytes(b"a\xff.db");
        assert_eq!(uri(Path::new(name), "mode=rw"), "file:a%FF.db?mode=rw");
    }
}
