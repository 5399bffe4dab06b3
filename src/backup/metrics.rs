//! How the backups of a database stand, in numbers for a monitor.
//!
//! Pure: a text in Prometheus' format. Everything is read from the manifests, so that a night on
//! which nothing ran shows in a time that stands still.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::fmt::Write as _;

use super::Manifest;
use super::catalog::{Backup, Listing};
use super::retention::Trust;

/// One number.
struct Metric {
    name: &'static str,
    help: &'static str,
    value: fn(&Manifest) -> Option<String>,
}

/// What is told of the newest good backup.
const OF_THE_NEWEST: [Metric; 5] = [
    Metric {
        name: "last_success_timestamp_seconds",
        help: "When the newest good backup stood on disk.",
        value: |manifest| Some(manifest.finished_at.timestamp().to_string()),
    },
    Metric {
        name: "moment_timestamp_seconds",
        help: "The moment that the newest good backup holds.",
        value: |manifest| Some(manifest.started_at.timestamp().to_string()),
    },
    Metric {
        name: "duration_seconds",
        help: "How long the newest good backup took.",
        value: |manifest| {
            let (seconds, rest) = (manifest.duration_ms / 1_000, manifest.duration_ms % 1_000);
            Some(format!("{seconds}.{rest:03}"))
        },
    },
    Metric {
        name: "raw_bytes",
        help: "The size of the newest good backup before compression, where it is known.",
        value: |manifest| {
            let sizes = manifest.parts.iter().map(|part| part.raw_bytes);
            let sum: Option<u64> = sizes.sum();
            sum.map(|bytes| bytes.to_string())
        },
    },
    Metric {
        name: "compressed_bytes",
        help: "The size of the newest good backup on disk.",
        value: |manifest| Some(manifest.bytes().to_string()),
    },
];

/// Returns the numbers of the backups of one database, which are known by these names.
pub fn prometheus(listing: &Listing, database: &str, environment: &str) -> String {
    let labels = format!(
        "{{database=\"{}\",environment=\"{}\"}}",
        label(database),
        label(environment)
    );
    let mut text = String::new();
    let newest = listing.latest_good();
    for metric in &OF_THE_NEWEST {
        let value = newest.and_then(|newest| (metric.value)(&newest.manifest));
        put(&mut text, &labels, metric.name, metric.help, value);
    }
    let whole = || listing.backups.iter().filter(|backup| backup.is_whole());
    let good = whole().filter(|backup| backup.is_good_and_whole()).count();
    let parts = listing.backups.len() - whole().count();
    for (name, help, value) in [
        (
            "verdict",
            "What is known of the newest backup of the whole database: 0 a check failed, 1 made, 2 verified, 3 restored.",
            whole().next().map(verdict),
        ),
        (
            "kept",
            "How many backups there are, good or not, those of a part too.",
            Some(listing.backups.len().to_string()),
        ),
        (
            "good",
            "How many good backups of the whole database there are.",
            Some(good.to_string()),
        ),
        (
            "parts",
            "How many backups there are of a part of the database.",
            Some(parts.to_string()),
        ),
    ] {
        put(&mut text, &labels, name, help, value);
    }
    text
}

fn verdict(backup: &Backup) -> String {
    let number = match backup.trust() {
        Trust::Failed => 0,
        Trust::Created => 1,
        Trust::Verified => 2,
        Trust::Restored => 3,
    };
    number.to_string()
}

/// Writes a number, if there is one.
fn put(text: &mut String, labels: &str, name: &str, help: &str, value: Option<String>) {
    if let Some(value) = value {
        let name = format!("dieselkit_backup_{name}");
        let _ = writeln!(text, "# HELP {name} {help}");
        let _ = writeln!(text, "# TYPE {name} gauge");
        let _ = writeln!(text, "{name}{labels} {value}");
    }
}

/// Returns a label's value with what would end it escaped.
fn label(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::examples::manifest;

    fn listing(manifests: Vec<Manifest>) -> Listing {
        let backups = manifests.into_iter().map(|manifest| Backup {
            manifest,
            damage: Vec::new(),
        });
        Listing {
            backups: backups.collect(),
            ..Listing::default()
        }
    }

    #[test]
    fn the_newest_good_one_is_told_of() {
        let mut failed = manifest();
        failed.verdicts[0].findings.push("cut off".to_owned());
        let mut part = manifest();
        part.scope.tables.push("bookings".to_owned());
        let listing = listing(vec![part, failed, manifest()]);
        insta::assert_snapshot!(prometheus(&listing, "a \"shop\"", "production"));
    }

    #[test]
    fn without_a_backup_there_is_no_time() {
        insta::assert_snapshot!(prometheus(&listing(Vec::new()), "shop", "test"), @r#"
        # HELP dieselkit_backup_kept How many backups there are, good or not, those of a part too.
        # TYPE dieselkit_backup_kept gauge
        dieselkit_backup_kept{database="shop",environment="test"} 0
        # HELP dieselkit_backup_good How many good backups of the whole database there are.
        # TYPE dieselkit_backup_good gauge
        dieselkit_backup_good{database="shop",environment="test"} 0
        # HELP dieselkit_backup_parts How many backups there are of a part of the database.
        # TYPE dieselkit_backup_parts gauge
        dieselkit_backup_parts{database="shop",environment="test"} 0
        "#);
    }
}
