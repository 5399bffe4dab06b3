//! `man`: the manual pages.

use std::fs;
use std::path::Path;

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
        let text = render(&Page::new(command_line()));
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
    clap_mangen::generate_to(command_line(), folder).map_err(failed)?;
    let text = format!("wrote the manual pages to {}\n", folder.display());
    Ok(Answer {
        data: json::data(&FolderData { folder }),
        text,
        about: About::Deed,
        ..Answer::default()
    })
}

fn render(page: &Page) -> String {
    let mut text = Vec::new();
    page.render(&mut text)
        .expect("a vector takes whatever is written to it");
    String::from_utf8_lossy(&text).into_owned()
}
