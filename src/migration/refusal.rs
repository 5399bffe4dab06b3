//! Why no run accepts a body, as its text alone tells: what `check` finds is what `up` refuses.
//!
//! Asks no server, and knows neither the plan nor the direction.

use super::directive;
use super::error::PrepareError;
use super::model::SqlText;
use super::place::Place;
use super::template;
use crate::sql::Script;

/// Returns the first reason, where there is one.
pub(super) fn refusal(text: &SqlText, script: &Script) -> Option<PrepareError> {
    if script.is_empty() && template::is_template(&text.text) {
        return Some(PrepareError::Template {
            path: text.path.clone(),
        });
    }
    if let Err(error) = directive::read(text, script.dialect()) {
        return Some(error);
    }
    if let Some(index) = script.unfinished_transaction() {
        let place = Place::of_statement(text, script, index);
        return Some(PrepareError::OpenTransaction { place });
    }
    let index = script.gives_up_session()?;
    let place = Place::of_statement(text, script, index);
    Some(PrepareError::GivesUpLock { place })
}
