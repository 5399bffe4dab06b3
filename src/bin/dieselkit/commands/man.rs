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
        let text = render(command_line());
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
        let name = page_of(command.clone()).get_filename();
        fs::write(folder.join(name), render(command)).map_err(failed)?;
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
/// the version the date, and a blank at its end; in the synopsis it leaves out what options take.
fn render(command: Command) -> String {
    let values = values(&command);
    let mut text = Vec::new();
    page_of(command)
        .render(&mut text)
        .expect("a vector takes whatever is written to it");
    let text = String::from_utf8_lossy(&text);
    let mut heading = "";
    let lines = text.lines().map(|line| {
        let before = std::mem::replace(&mut heading, line);
        match line.split_once(" 1  ") {
            Some((title, source)) if title.starts_with(".TH ") => {
                format!("{title} 1 \"\" {}\n", source.trim_end())
            }
            _ if before == ".SH SYNOPSIS" => with_values(line, &values),
            _ => format!("{line}\n"),
        }
    });
    lines.collect()
}

/// Returns each option that takes a value, as a synopsis has it, and with the value.
fn values(command: &Command) -> Vec<(String, String)> {
    let options = command.get_opts().filter_map(|option| {
        let flag = format!("\\fB\\-\\-{}\\fR", option.get_long()?.replace('-', "\\-"));
        let names = option.get_value_names()?.iter();
        let value = format!(
            "\\fI{}\\fR",
            names
                .map(clap::builder::Str::as_str)
                .collect::<Vec<_>>()
                .join(" ")
        );
        let is_needed = option
            .get_num_args()
            .is_none_or(|count| count.min_values() > 0);
        let value = if is_needed {
            value
        } else {
            format!("[{value}]")
        };
        Some((flag.clone(), format!("{flag} {value}")))
    });
    options.collect()
}

fn with_values(synopsis: &str, values: &[(String, String)]) -> String {
    let mut text = synopsis.trim_end().to_owned();
    for (flag, with_value) in values {
        text = text.replace(flag, with_value);
    }
    text + "\n"
}
