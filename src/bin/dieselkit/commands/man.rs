//! `man`: the manual pages.

use std::fs;
use std::path::Path;

use clap::Command;
use clap_mangen::Man as Page;
use serde::Serialize;

use super::Answered;
use crate::args::{Man, command_line};
use crate::error::CommandError;
use crate::report::{About, Answer, json};

#[derive(Serialize)]
struct PageData<'a> {
    page: &'a str,
}

#[derive(Serialize)]
struct FolderData<'a> {
    folder: &'a Path,
}

pub(super) fn run(args: &Man) -> Answered {
    let Some(folder) = &args.out else {
        let text = render(&page_of(command_line()));
        return Ok(Answer {
            data: json::data(&PageData { page: &text }),
            text,
            ..Answer::default()
        });
    };
    let failed = |source| CommandError::Write {
        path: folder.clone(),
        source,
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let mut all = command_line().disable_help_subcommand(true);
    all.build();
    for command in tree(&all) {
        let page = page_of(command);
        fs::write(folder.join(page.get_filename()), render(&page)).map_err(failed)?;
    }
    let text = format!("wrote the manual pages to {}\n", folder.display());
    Ok(Answer {
        data: json::data(&FolderData { folder }),
        text,
        about: About::Deed,
        ..Answer::default()
    })
}

/// Returns a command and all below it.
fn tree(command: &Command) -> Vec<Command> {
    let below = command.get_subcommands().flat_map(tree);
    std::iter::once(command.clone()).chain(below).collect()
}

fn page_of(command: Command) -> Page {
    Page::new(command).source(concat!("dieselkit ", env!("CARGO_PKG_VERSION")))
}

/// Returns a page as `man` reads it. Without a date clap leaves a gap in the title, which would make
/// the version the date, and a blank at its end.
fn render(page: &Page) -> String {
    let mut text = Vec::new();
    page.render(&mut text)
        .expect("a vector takes whatever is written to it");
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().map(|line| match line.split_once(" 1  ") {
        Some((title, source)) if title.starts_with(".TH ") => {
            format!("{title} 1 \"\" {}\n", source.trim_end())
        }
        _ => format!("{line}\n"),
    });
    lines.collect()
}
