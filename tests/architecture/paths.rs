//! The paths that a file's code names, with the groups of `use` written out and `super` resolved.
//!
//! Knows modules and files, not what they may import.

use crate::tokens::{Kind, Token};

/// A path such as `crate::sql::split`, as its words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) words: Vec<String>,
    pub(crate) line: usize,
}

impl Named {
    /// Returns whether this path starts with these words.
    pub(crate) fn starts_with(&self, start: &[&str]) -> bool {
        self.words.len() >= start.len() && self.words.iter().zip(start).all(|(a, b)| a == b)
    }

    /// Returns whether these words follow each other somewhere in this path.
    pub(crate) fn contains(&self, part: &[&str]) -> bool {
        self.words.windows(part.len()).any(|window| window == part)
    }
}

/// Returns every path in the tokens, single words included.
pub(crate) fn named(tokens: &[Token]) -> Vec<Named> {
    let mut found = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        if matches!(tokens[index].kind, Kind::Word(_)) {
            index = branch(tokens, index, &[], &mut found);
        } else {
            index += 1;
        }
    }
    found
}

/// Reads the path at `index`, and all branches of its group; returns the index after it.
fn branch(tokens: &[Token], start: usize, prefix: &[String], found: &mut Vec<Named>) -> usize {
    let mut words = prefix.to_vec();
    let mut index = start;
    while let Some(token) = tokens.get(index) {
        match &token.kind {
            Kind::Word(word) => words.push(word.clone()),
            Kind::Sign('*') => words.push("*".to_owned()),
            Kind::Sign('{') => return group(tokens, index + 1, &words, found),
            _ => break,
        }
        index += 1;
        match tokens.get(index).map(|token| &token.kind) {
            Some(Kind::Separator) => index += 1,
            _ => break,
        }
    }
    let line = tokens[start].line;
    found.push(Named { words, line });
    index
}

/// Reads `a, b::c as d, e::{f}}` after its opening brace; returns the index after the closing one.
fn group(tokens: &[Token], mut index: usize, prefix: &[String], found: &mut Vec<Named>) -> usize {
    while let Some(token) = tokens.get(index) {
        match &token.kind {
            Kind::Sign('}') => return index + 1,
            Kind::Word(word) if word == "as" => index += 2,
            Kind::Word(_) | Kind::Sign('*') => index = branch(tokens, index, prefix, found),
            _ => index += 1,
        }
    }
    index
}

/// Returns the module of a file of the library, such as `["migration", "plan"]`; none for the
/// crate's root and for the program.
pub(crate) fn module(path: &str) -> Option<Vec<&str>> {
    let inner = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    let mut words: Vec<_> = inner.split('/').collect();
    if words.last() == Some(&"mod") {
        words.pop();
    }
    let is_library = words[0] != "lib" && words[0] != "bin" && words[0] != "main";
    is_library.then_some(words)
}

/// Returns the words after the crate's root that a path in this module leads to; none where it
/// leads out of the crate or names the root itself.
pub(crate) fn in_crate(path: &Named, module: &[&str]) -> Option<Vec<String>> {
    let (first, rest) = path.words.split_first()?;
    let target = match first.as_str() {
        "crate" => rest.to_vec(),
        "super" => {
            let more = rest.iter().take_while(|word| *word == "super").count();
            let kept = module.len().saturating_sub(1 + more);
            let base = module[..kept].iter().map(ToString::to_string);
            base.chain(rest[more..].iter().cloned()).collect()
        }
        _ => return None,
    };
    (!target.is_empty()).then_some(target)
}
