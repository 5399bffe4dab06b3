//! Real backups in each format, damaged wherever they can be: none of it passes.

use std::fs;
use std::path::Path;

use super::*;
use crate::backend::support::engine::Engine;
use crate::backend::support::on_both_engines;
use crate::backup::retention::Keep;
use crate::backup::{CreateOptions, Format};

on_both_engines![
    what_is_cut_off_anywhere_is_found,
    a_bit_that_is_turned_over_anywhere_is_found,
];

/// How many bits are turned over in each backup.
const PLACES: u64 = 1000;

/// Makes a small backup in each format that the engine has, and hands over what verifies it.
fn in_each_format(database: &dyn Engine, check: impl Fn(&mut Backups, &Path, &Manifest)) {
    database.execute("CREATE TABLE a (id INTEGER, name TEXT); INSERT INTO a VALUES (1, 'Ada')");
    let formats = match database.either("sqlite", "postgres") {
        "sqlite" => &[Format::Sqlite][..],
        _ => &[Format::Plain, Format::Custom, Format::Directory][..],
    };
    for format in formats {
        let folder = tempfile::tempdir().expect("there is room");
        let address = database.url().parse().expect("the support's URL is right");
        let environment = Environment::new("development").expect("a name");
        let mut backups = Backups::new(&address, &environment, folder.path());
        let options = CreateOptions::default().format(*format);
        let made = backups.create(&options, &Keep::default());
        let manifest = made.expect("nothing is in the way").manifest;
        assert_eq!(findings(&mut backups, &manifest), [""; 0]);
        check(&mut backups, folder.path(), &manifest);
        assert_eq!(
            findings(&mut backups, &manifest),
            [""; 0],
            "it was put back"
        );
    }
}

fn findings(backups: &mut Backups, manifest: &Manifest) -> Vec<String> {
    let verdict = backups.verdict_on_files(manifest);
    verdict.expect("it can be read").findings
}

fn what_is_cut_off_anywhere_is_found(database: &dyn Engine) {
    in_each_format(database, |backups, folder, manifest| {
        for part in &manifest.parts {
            let path = folder.join(&part.file);
            let whole = fs::read(&path).expect("it is ours");
            let cuts = (0..whole.len()).step_by(100);
            for cut in cuts.chain(whole.len().checked_sub(1)) {
                fs::write(&path, &whole[..cut]).expect("it is ours");
                let found = findings(backups, manifest);
                assert!(!found.is_empty(), "`{}` after {cut} bytes", part.file);
            }
            fs::write(&path, whole).expect("it is ours");
        }
    });
}

fn a_bit_that_is_turned_over_anywhere_is_found(database: &dyn Engine) {
    in_each_format(database, |backups, folder, manifest| {
        let bits = manifest.bytes() * 8;
        for place in 0..PLACES {
            let mut bit = place * bits / PLACES;
            // Of all files together, in their order.
            let part = manifest.parts.iter().find(|part| {
                let is_here = bit < part.bytes * 8;
                bit -= if is_here { 0 } else { part.bytes * 8 };
                is_here
            });
            let part = part.expect("it lies in one of them");
            let path = folder.join(&part.file);
            let whole = fs::read(&path).expect("it is ours");
            let mut spoilt = whole.clone();
            spoilt[usize::try_from(bit / 8).expect("it is small")] ^= 1 << (bit % 8);
            fs::write(&path, spoilt).expect("it is ours");
            let found = findings(backups, manifest);
            assert!(!found.is_empty(), "bit {bit} of `{}`", part.file);
            fs::write(&path, whole).expect("it is ours");
        }
    });
}
