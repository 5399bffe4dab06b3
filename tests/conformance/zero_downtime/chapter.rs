//! The chapter on changes without downtime, read as a test needs it: its blocks, and what it says of
//! them.
//!
//! Must not know whether any of it is true.

use std::collections::BTreeMap;
use std::path::Path;

/// What a block begins with, each in its first line.
const SHOP: &str = "-- the shop";
const DANGEROUS: &str = "-- the dangerous way";
const RELEASE: &str = "-- release ";
const FAILS: &str = "-- fails ";
const CHECK: &str = "-- nothing is found before release ";

/// One section: a change, with the way that hurts and the steps that do not.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// Its heading.
    pub(super) title: String,
    /// The tables that it is about, where it says them itself.
    shop: Option<String>,
    /// What hurts.
    pub(super) dangerous: Vec<Dangerous>,
    /// The statements of the program, by the release that says them first.
    programs: BTreeMap<u8, Vec<String>>,
    /// What finds nothing before the migrations of a release.
    pub(super) checks: BTreeMap<u8, String>,
    /// What a program must not say any more, a line each.
    pub(super) fails: Vec<String>,
    /// The migrations, in order.
    pub(super) steps: Vec<Step>,
    /// Whether there is a table of locks.
    pub(super) tells_locks: bool,
}

/// What hurts.
#[derive(Debug, Default)]
pub(super) struct Dangerous {
    /// The statements.
    pub(super) sql: String,
    /// The rules that find it.
    pub(super) found_by: Vec<String>,
    /// What the table says of it.
    pub(super) told: Told,
}

/// A migration.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// The folder's name.
    pub(super) name: String,
    /// Its files, by their names.
    pub(super) files: BTreeMap<String, String>,
    /// The release that it goes with.
    pub(super) release: u8,
    /// What the table says of it.
    pub(super) told: Told,
}

/// What a table says.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// The strongest lock on a table.
    pub(super) lock: String,
    /// Who waits, and how long.
    pub(super) waits: String,
}

impl Step {
    /// Returns whether it runs outside of a transaction.
    pub(super) fn is_statementwise(&self) -> bool {
        let settings = self.files.get("metadata.toml");
        settings.is_some_and(|text| text.contains("run_in_transaction = false"))
    }

    /// Returns the file of a way, `up.sql` or `down.sql`, where it works in portions.
    pub(super) fn portions(&self, file: &str) -> Option<&str> {
        let text = self.files.get(file)?;
        text.contains("LOOP").then_some(text)
    }
}

impl Change {
    /// Returns what a program says from this release on, until a later one says something else.
    pub(super) fn program(&self, release: u8) -> &[String] {
        let said = self.programs.range(..=release).next_back();
        said.map_or(&[], |(_, statements)| statements)
    }

    /// Returns the last release that anything is said of.
    pub(super) fn last_release(&self) -> u8 {
        let steps = self.steps.iter().map(|step| step.release);
        let programs = self.programs.keys().copied();
        steps.chain(programs).max().unwrap_or(1)
    }

    /// Returns the migrations that go with a release.
    pub(super) fn steps_of(&self, release: u8) -> impl DoubleEndedIterator<Item = &Step> {
        self.steps
            .iter()
            .filter(move |step| step.release == release)
    }

    fn block(&mut self, text: &str) {
        let head = text.lines().next().unwrap_or_default();
        if head == SHOP {
            self.shop = Some(text.to_owned());
        } else if head == DANGEROUS {
            self.dangerous.push(Dangerous {
                sql: text.to_owned(),
                ..Dangerous::default()
            });
        } else if head.starts_with(RELEASE) {
            for (number, text) in parts(text, RELEASE) {
                let statements = text.split_inclusive(";\n").map(str::trim);
                let said = statements
                    .filter(|text| !text.is_empty())
                    .map(str::to_owned);
                self.programs.insert(number, said.collect());
            }
        } else if head.starts_with(FAILS) {
            self.fails = text.lines().skip(1).map(str::to_owned).collect();
        } else if head.starts_with(CHECK) {
            self.checks.extend(parts(text, CHECK));
        } else {
            self.steps.push(step(text));
        }
    }

    /// Takes what a line between the blocks says: of the block before it, or of one in a table.
    fn line(&mut self, line: &str) {
        if let Some(rules) = line.strip_prefix("Found by ") {
            let last = self.dangerous.last_mut().expect("something was dangerous");
            last.found_by = quoted(rules);
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, name, release, lock, waits, _] = cells[..] else {
            return;
        };
        let told = Told {
            lock: lock.replace('`', ""),
            waits: waits.to_owned(),
        };
        if name == "the dangerous way" {
            let untold = |it: &&mut Dangerous| it.told == Told::default();
            let next = self.dangerous.iter_mut().find(untold);
            next.expect("there is a block for each row").told = told;
            self.tells_locks = true;
        } else if let [name] = &quoted(name)[..] {
            let is_it = |step: &&mut Step| step.name == *name;
            let step = self.steps.iter_mut().find(is_it);
            let step = step.unwrap_or_else(|| panic!("there is no block of `{name}`"));
            step.release = release.parse().expect("a release is a number");
            step.told = told;
        }
    }
}

/// Returns what stands between backticks.
fn quoted(text: &str) -> Vec<String> {
    let pieces = text.split('`').skip(1).step_by(2);
    pieces.map(str::to_owned).collect()
}

/// Returns the parts of a block, by the number that ends the line which begins each.
fn parts(text: &str, head: &str) -> BTreeMap<u8, String> {
    let parts = text.split(head).skip(1).map(|part| {
        let (number, text) = part.split_once('\n').expect("something follows");
        (number.parse().expect("it is a number"), text.to_owned())
    });
    parts.collect()
}

/// Reads the files of a migration, and of one that no table names the release, by its month: the
/// second release is of March.
fn step(text: &str) -> Step {
    let mut step = Step::default();
    let mut file = String::new();
    for line in text.lines() {
        let head = line.strip_prefix("-- 20").and_then(|it| it.split_once('/'));
        let Some((name, rest)) = head else {
            let text = step.files.entry(file.clone()).or_default();
            text.push_str(line);
            text.push('\n');
            continue;
        };
        step.name = format!("20{name}");
        match rest.split_once(": ") {
            Some((file, settings)) => {
                let lines = settings.replace("; ", "\n");
                step.files.insert(file.to_owned(), lines + "\n");
            }
            None => rest.clone_into(&mut file),
        }
    }
    assert!(
        step.files.contains_key("down.sql"),
        "of which file is\n{text}"
    );
    let month = step.name.split('-').nth(1).and_then(|it| it.parse().ok());
    let month: u8 = month.expect("a name begins with a date");
    step.release = month - 1;
    step
}

/// Returns the changes of the chapter; the first section with tables lends them, and its program, to
/// those that have none.
pub(super) fn changes() -> Vec<Change> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/zero-downtime.md");
    let text = std::fs::read_to_string(path).expect("it is the repository's");
    let mut sections: Vec<Change> = text.split("\n## ").skip(1).map(section).collect();
    let (shop, programs) = sections
        .iter()
        .find(|section| section.shop.is_some())
        .map(|section| (section.shop.clone(), section.programs.clone()))
        .expect("there is a shop");
    sections.retain(|section| !section.steps.is_empty());
    for section in &mut sections {
        section.shop = section.shop.take().or_else(|| shop.clone());
        if section.programs.is_empty() {
            section.programs.clone_from(&programs);
        }
    }
    sections
}

impl Change {
    /// Returns the SQL of the tables before the change.
    pub(super) fn shop(&self) -> &str {
        self.shop.as_deref().expect("it was lent")
    }
}

fn section(text: &str) -> Change {
    let mut change = Change::default();
    let mut block: Option<String> = None;
    for (index, line) in text.lines().enumerate() {
        if index == 0 {
            line.clone_into(&mut change.title);
        } else if line.starts_with("```") {
            match block.take() {
                Some(text) => change.block(&text),
                None => block = Some(String::new()),
            }
        } else if let Some(text) = &mut block {
            text.push_str(line);
            text.push('\n');
        } else {
            change.line(line);
        }
    }
    change
}
