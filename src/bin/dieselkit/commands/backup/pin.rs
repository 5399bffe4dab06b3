//! `backup pin` and `backup unpin`: a backup that stays whatever the policy says.

use dieselkit::backup::{Pin, Pinned};
use serde::Serialize;

use super::{find, folder};
use crate::app::App;
use crate::args::Which;
use crate::commands::Answered;
use crate::report::{About, Answer, json};

#[derive(Serialize)]
struct Data<'a> {
    id: &'a str,
    pinned: bool,
    changed: bool,
}

pub(super) fn pin(app: &App<'_>, which: &Which) -> Answered {
    set(app, which, Pin::Keep)
}

pub(super) fn unpin(app: &App<'_>, which: &Which) -> Answered {
    set(app, which, Pin::Release)
}

fn set(app: &App<'_>, which: &Which, pin: Pin) -> Answered {
    let mut folder = folder(app)?;
    let id = find(app, &which.id)?.manifest.id;
    let done = folder.pin(&id, pin)?;
    let text = match (pin, done) {
        (Pin::Keep, Pinned::Changed) => format!("pinned `{id}`\n"),
        (Pin::Release, Pinned::Changed) => format!("unpinned `{id}`\n"),
        (Pin::Keep, Pinned::Already) => format!("`{id}` is pinned already; nothing was changed\n"),
        (Pin::Release, Pinned::Already) => format!("`{id}` is not pinned; nothing was changed\n"),
    };
    Ok(Answer {
        text,
        data: json::data(&Data {
            id: id.as_str(),
            pinned: pin == Pin::Keep,
            changed: done == Pinned::Changed,
        }),
        about: About::Deed,
        ..Answer::default()
    })
}
