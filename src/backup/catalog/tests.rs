//! Folders as a user may find them: whole, half written, half removed, and full of other things.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;

use super::*;
use crate::backup::examples::{manifest, manifest_of};
use crate::cancellation::Cancellation;
use crate::clock::SystemClock;
use crate::event::{Event, Silent};

struct Folder {
    _home: tempfile::TempDir,
    catalog: Catalog,
}

impl Folder {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let catalog = Catalog::new(home.path().join("backups"));
        Self {
            _home: home,
            catalog,
        }
    }

    fn lock(&self) -> LockedCatalog {
        try_lock(&self.catalog).expect("nobody else is here")
    }

    /// Makes the backup of a night, so many before the example's.
    fn night(&self, before: i64) -> Backup {
        let manifest = manifest_of(manifest().started_at - TimeDelta::days(before));
        self.put(&manifest);
        Backup {
            manifest,
            damage: Vec::new(),
        }
    }

    fn put(&self, manifest: &Manifest) {
        let locked = self.lock();
        for part in &manifest.parts {
            let path = self.catalog.folder().join(&part.file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, "abc").expect("written");
        }
        locked.write(manifest).expect("written");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.catalog.folder().join(name)
    }

    fn names(&self) -> Vec<String> {
        let paths = self.catalog.paths().expect("readable");
        let names = paths.iter().filter_map(|path| path.file_name());
        let names = names.map(|name| name.to_string_lossy().into_owned());
        names.filter(|name| name != names::LOCK).collect()
    }
}

fn try_lock(catalog: &Catalog) -> Result<LockedCatalog, CatalogError> {
    catalog.lock(Waiting {
        owner: "dieselkit 0.1.0 anna".to_owned(),
        limit: Duration::from_millis(30),
        clock: &SystemClock::default(),
        cancellation: &Cancellation::default(),
        observer: &mut Silent,
    })
}

#[test]
fn an_absent_folder_reads_as_empty_and_is_not_made() {
    let folder = Folder::new();
    let listing = folder.catalog.read().expect("readable");
    assert!(listing.backups.is_empty());
    assert!(!folder.catalog.folder().exists());
}

#[test]
fn what_is_written_is_read_newest_first() {
    let folder = Folder::new();
    let (older, newer) = (folder.night(1), folder.night(0));
    let listing = folder.catalog.read().expect("readable");
    assert_eq!(listing.backups, [newer, older]);
    assert_eq!((listing.foreign, listing.leftovers.len()), (0, 0));
}

/// Two backups of one second have a format each, or one has a file more than the other.
#[test]
fn a_name_is_free_where_no_file_of_any_kind_has_it() {
    let folder = Folder::new();
    let id = manifest().id;
    assert_eq!(folder.lock().free_name(&id).expect("readable"), id);
    fs::create_dir_all(folder.catalog.folder()).expect("made");
    for (number, ending) in [
        ".sql.gz",
        ".dir",
        ".json",
        ".json.removing",
        ".dump.partial",
    ]
    .iter()
    .enumerate()
    {
        let taken = folder.lock().free_name(&id).expect("readable");
        fs::write(folder.path(&format!("{taken}{ending}")), "").expect("written");
        let next = u32::try_from(number).expect("small") + 2;
        let free = folder.lock().free_name(&id).expect("readable");
        assert_eq!(free, id.numbered(next));
    }
    assert_eq!(
        folder.lock().free_name(&id.numbered(20)).expect("readable"),
        id.numbered(20)
    );
}

#[cfg(unix)]
#[test]
fn folder_and_manifest_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let night = folder.night(0);
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    let manifest = folder.path(&format!("{}.json", night.manifest.id));
    assert_eq!(mode(folder.catalog.folder()), 0o700);
    assert_eq!(mode(&manifest), 0o600);
    assert_eq!(mode(&folder.path(names::LOCK)), 0o600);
}

#[test]
fn other_files_are_counted_and_left_alone() {
    let folder = Folder::new();
    let night = folder.night(0);
    for name in [
        "README.md",
        "shop.json",
        "shop_20201121T030000Z_003.sql.gz",
        ".hidden",
    ] {
        fs::write(folder.path(name), "x").expect("written");
    }
    fs::create_dir(folder.path("old")).expect("made");
    let listing = folder.catalog.read().expect("readable");
    assert_eq!(listing.backups, [night]);
    assert_eq!(listing.foreign, 5);
    let before = folder.names();
    assert_eq!(
        folder.lock().clean_up().expect("cleaned"),
        [] as [PathBuf; 0]
    );
    assert_eq!(folder.names(), before);
}

#[test]
fn manifests_that_say_nothing_sensible_are_told_of() {
    let folder = Folder::new();
    let night = folder.night(0);
    let text = serde_json::to_string(&night.manifest).expect("JSON");
    let id = night.manifest.id.as_str();
    let older = id.replace("_2026", "_2025");
    for (year, text) in [
        ("_2020", String::new()),
        ("_2021", "{\"id\": 1}".to_owned()),
        (
            "_2022",
            text.replace("\"schema_version\":1", "\"schema_version\":2"),
        ),
        ("_2023", text.clone()),
        (
            "_2024",
            text.replace("\"started_at\"", "\"begun_at\"")
                .replace(id, &older.replace("_2025", "_2024")),
        ),
        (
            "_2025",
            text.replace(id, &older)
                .replace(&format!("\"file\":\"{older}"), "\"file\":\"../x"),
        ),
    ] {
        let name = format!("{}.json", id.replace("_2026", year));
        fs::write(folder.path(&name), text).expect("written");
    }
    fs::create_dir(folder.path(&format!("{}.json", id.replace("_2026", "_2019")))).expect("made");
    let listing = folder.catalog.read().expect("readable");
    assert_eq!(listing.backups, [night]);
    let shown = listing.unreadable.iter().map(|found| {
        let name = found.path.file_name().expect("a name").to_string_lossy();
        format!("{name}: {}\n", found.message)
    });
    insta::assert_snapshot!(shown.collect::<String>());
}

#[test]
fn a_backup_without_its_file_is_no_good() {
    let folder = Folder::new();
    let (older, newer) = (folder.night(1), folder.night(0));
    fs::remove_file(folder.path(&newer.manifest.parts[0].file)).expect("removed");
    fs::write(folder.path(&older.manifest.parts[0].file), "ab").expect("written");
    let listing = folder.catalog.read().expect("readable");
    assert_eq!(listing.backups.len(), 2);
    assert!(
        listing
            .backups
            .iter()
            .all(|found| found.trust() == Trust::Failed)
    );
    let damage: Vec<&str> = listing
        .backups
        .iter()
        .map(|found| found.damage[0].as_str())
        .collect();
    insta::assert_snapshot!(damage.join("\n"));
}

#[test]
fn a_removal_takes_all_files_of_one_backup() {
    let folder = Folder::new();
    let older = folder.night(1);
    let kept = folder.names();
    let mut newer = manifest();
    let part = newer.parts[0].clone();
    for file in ["toc.dat", "3001.dat.gz"] {
        newer.parts.push(Part {
            file: format!("{}.dir/{file}", newer.id),
            ..part.clone()
        });
    }
    folder.put(&newer);
    let listing = folder.catalog.read().expect("readable");
    folder.lock().remove(&listing.backups[0]).expect("removed");
    assert_eq!(folder.names(), kept);
    assert_eq!(folder.catalog.read().expect("readable").backups, [older]);
}

#[test]
fn what_dead_processes_left_is_cleaned_up() {
    let folder = Folder::new();
    folder.night(1);
    let kept = folder.names();
    let newer = folder.night(0);
    let id = &newer.manifest.id;
    // Killed while it was removing: the manifest has lost its name, the file is there.
    fs::rename(
        folder.path(&format!("{id}.json")),
        folder.path(&format!("{id}.json.removing")),
    )
    .expect("renamed");
    // Killed while it was making one.
    fs::write(folder.path("shop_20261122T030000Z_003.sql.gz.partial"), "x").expect("written");
    fs::create_dir(folder.path(".dieselkit-scratch-a1B2c3")).expect("made");
    fs::create_dir(folder.path("shop_20261123T030000Z_003.dir.partial")).expect("made");
    fs::write(
        folder.path("shop_20261123T030000Z_003.dir.partial/toc.dat"),
        "x",
    )
    .expect("written");
    let listing = folder.catalog.read().expect("readable");
    assert_eq!((listing.backups.len(), listing.leftovers.len()), (1, 4));
    assert_eq!(folder.lock().clean_up().expect("cleaned").len(), 4);
    assert_eq!(folder.names(), kept);
}

/// A backup that was killed when its files had their names, and its manifest had not.
fn announced(folder: &Folder) -> Manifest {
    let mut manifest = manifest();
    let part = manifest.parts[0].clone();
    for file in ["dir/toc.dat", "dir/3001.dat.gz", "globals.sql.gz"] {
        manifest.parts.push(Part {
            file: format!("{}.{file}", manifest.id),
            ..part.clone()
        });
    }
    folder.put(&manifest);
    let id = &manifest.id;
    fs::remove_file(folder.path(&format!("{id}.json"))).expect("it is there");
    folder.lock().announce(&manifest).expect("there is room");
    manifest
}

#[test]
fn files_that_had_their_names_too_early_are_cleaned_up() {
    let folder = Folder::new();
    folder.night(1);
    let kept = folder.names();
    let manifest = announced(&folder);
    let listing = folder.catalog.read().expect("readable");
    assert_eq!(
        (
            listing.backups.len(),
            listing.leftovers.len(),
            listing.foreign
        ),
        (1, 4, 0)
    );
    assert_eq!(folder.lock().clean_up().expect("cleaned").len(), 4);
    assert_eq!(folder.names(), kept);
    // The next one of the name is whole.
    let locked = folder.lock();
    locked.announce(&manifest).expect("there is room");
    locked.settle(&manifest.id).expect("it was announced");
    let listing = folder.catalog.read().expect("readable");
    assert_eq!(listing.backups[0].manifest, manifest);
}

#[test]
fn files_that_are_not_what_was_announced_stay() {
    let folder = Folder::new();
    let id = announced(&folder).id;
    let other = [format!("{id}.sql.gz"), format!("{id}.dir/notes")];
    for name in &other {
        fs::write(folder.path(name), "something else").expect("the folder is ours");
    }
    folder.lock().clean_up().expect("cleaned");
    assert_eq!(
        folder.names(),
        [format!("{id}.dir"), format!("{id}.sql.gz")],
        "what is in a folder beside what is ours may be anything"
    );
    assert!(folder.path(&other[1]).exists());
}

#[test]
fn a_backup_stays_whatever_was_announced_under_its_name() {
    let folder = Folder::new();
    let night = folder.night(0);
    folder
        .lock()
        .announce(&night.manifest)
        .expect("there is room");
    assert_eq!(folder.lock().clean_up().expect("cleaned").len(), 1);
    assert_eq!(folder.catalog.read().expect("readable").backups, [night]);
}

#[test]
fn one_process_at_a_time_and_the_other_is_named() {
    let folder = Folder::new();
    let held = folder.lock();
    let error = try_lock(&folder.catalog).expect_err("it is held");
    let CatalogError::Locked {
        holder: Some(holder),
        ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!(holder.pid, i64::from(std::process::id()));
    assert_eq!(holder.application.as_deref(), Some("dieselkit 0.1.0 anna"));
    drop(held);
    try_lock(&folder.catalog).expect("it is free");
}

#[test]
fn who_waits_is_told_once_for_whom() {
    let folder = Folder::new();
    let _held = folder.lock();
    let mut told = Vec::new();
    let waited = folder.catalog.lock(Waiting {
        owner: "dieselkit".to_owned(),
        limit: Duration::from_millis(200),
        clock: &SystemClock::default(),
        cancellation: &Cancellation::default(),
        observer: &mut |event: &Event| told.push(event.clone()),
    });
    assert!(matches!(waited, Err(CatalogError::Locked { .. })));
    assert!(
        matches!(
            &told[..],
            [Event::FolderWaiting {
                holder: Some(_),
                ..
            }]
        ),
        "{told:?}"
    );
}

#[test]
fn a_wait_can_be_ended() {
    let folder = Folder::new();
    let _held = folder.lock();
    let cancellation = Cancellation::default();
    cancellation.cancel();
    let error = folder.catalog.lock(Waiting {
        owner: "dieselkit".to_owned(),
        limit: Duration::from_mins(1),
        clock: &SystemClock::default(),
        cancellation: &cancellation,
        observer: &mut Silent,
    });
    assert!(matches!(error, Err(CatalogError::Interrupted { .. })));
}

#[test]
fn a_backup_is_found_by_what_is_typed() {
    let folder = Folder::new();
    let (older, newer) = (folder.night(1), folder.night(0));
    let mut part = manifest_of(newer.manifest.started_at + TimeDelta::hours(1));
    part.scope.tables.push("bookings".to_owned());
    folder.put(&part);
    let listing = folder.catalog.read().expect("readable");
    let found = |wanted: &str| listing.find(wanted).map(|found| found.manifest.id.clone());
    let id = older.manifest.id.as_str();
    assert_eq!(
        found("latest").expect("one"),
        newer.manifest.id,
        "the newest whole one"
    );
    assert_eq!(found(id).expect("one"), older.manifest.id);
    let second = Manifest {
        id: newer.manifest.id.numbered(2),
        parts: vec![Part {
            file: format!("{}.sql.gz", newer.manifest.id.numbered(2)),
            ..newer.manifest.parts[0].clone()
        }],
        ..newer.manifest.clone()
    };
    folder.put(&second);
    let day = id.find('T').expect("a time");
    assert_eq!(found(&id[..day]).expect("one"), older.manifest.id);
    assert!(
        matches!(found("shop_"), Err(CatalogError::Ambiguous { matching, .. }) if matching.len() == 3)
    );
    let misspelt = id.replace("shop", "shpo");
    assert!(
        matches!(found(&misspelt), Err(CatalogError::Unknown { near, .. }) if near.contains(&older.manifest.id))
    );
    assert!(matches!(found("x"), Err(CatalogError::Unknown { near, .. }) if near.is_empty()));
    fs::write(folder.path(&format!("{id}.json")), "").expect("written");
    let listing = folder.catalog.read().expect("readable");
    assert!(matches!(
        listing.find(id),
        Err(CatalogError::Unreadable { .. })
    ));
    assert!(matches!(
        Listing::default().find("latest"),
        Err(CatalogError::NoneGood { .. })
    ));
}
