//! Which kinds of database a project speaks of, for when it names none that can be used.

use std::path::Path;

use dieselkit::DatabaseAddress;
use dieselkit::backend::address::Engine;
use toml::Value;

use super::config_file::ConfigFile;

/// Returns the kinds that the configuration's addresses are of; else those for which the manifest
/// in `package` has Diesel built; none where neither tells.
pub(super) fn spoken_of(config: &ConfigFile, package: Option<&Path>) -> Vec<Engine> {
    let environments = config.environments.values();
    let addresses = environments
        .filter_map(|section| section.url.as_deref())
        .chain(config.database.url.as_deref());
    let configured = distinct(addresses.filter_map(engine_of));
    if !configured.is_empty() {
        return configured;
    }
    // The manifest is a hint, and whatever is wrong with it is Cargo's to say.
    let manifest =
        package.and_then(|folder| std::fs::read_to_string(folder.join("Cargo.toml")).ok());
    manifest.map_or_else(Vec::new, |text| of_manifest(&text))
}

fn engine_of(address: &str) -> Option<Engine> {
    Some(DatabaseAddress::parse(address).ok()?.engine())
}

fn of_manifest(text: &str) -> Vec<Engine> {
    let Ok(manifest) = text.parse::<toml::Table>() else {
        return Vec::new();
    };
    let workspace = manifest.get("workspace").and_then(Value::as_table);
    let features = [Some(&manifest), workspace]
        .into_iter()
        .flatten()
        .filter_map(|table| {
            table
                .get("dependencies")?
                .get("diesel")?
                .get("features")?
                .as_array()
        })
        .flatten()
        .filter_map(Value::as_str);
    distinct(features.filter_map(|feature| {
        let mut engines = ENGINES.into_iter();
        engines.find(|engine| feature.starts_with(engine.feature()))
    }))
}

/// Every kind that there is.
pub(crate) const ENGINES: [Engine; 2] = [Engine::Postgres, Engine::Sqlite];

fn distinct(found: impl Iterator<Item = Engine>) -> Vec<Engine> {
    let found: Vec<Engine> = found.collect();
    let mut engines = ENGINES.to_vec();
    engines.retain(|engine| found.contains(engine));
    engines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_says_for_what_diesel_is_built() {
        for (text, expected) in [
            (
                "[dependencies]\ndiesel = { version = '2', features = ['postgres', 'chrono'] }",
                &[Engine::Postgres][..],
            ),
            (
                "[dependencies.diesel]\nversion = '2'\nfeatures = ['sqlite', 'postgres_backend']",
                &ENGINES,
            ),
            (
                "[workspace.dependencies]\ndiesel = { version = '2', features = ['sqlite'] }",
                &[Engine::Sqlite],
            ),
            ("[dependencies]\ndiesel = '2'", &[]),
            ("not toml", &[]),
        ] {
            assert_eq!(of_manifest(text), expected, "{text}");
        }
    }
}
