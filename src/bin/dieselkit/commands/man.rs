//! `man`: the manual pages.

use std::fs;

use clap_mangen::Man as Page;
use serde_json::json;

use super::Answered;
use crate::args::{Man, command_line};
use crate::error::CommandError;
use crate::report::Answer;

pub(super) fn run(args: &Man) -> Answered {
    let Some(folder) = &args.out else {
        let text = render(&Page::new(command_line()));
        return Ok(Answer {
            data: json!({ "page": text }),
            text,
            bare: true,
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
        data: json!({ "folder": folder }),
        text,
        ..Answer::default()
    })
}

fn render(page: &Page) -> String {
    let mut text = Vec::new();
    page.render(&mut text)
        .expect("a vector takes whatever is written to it");
    String::from_utf8_lossy(&text).into_owned()
}
