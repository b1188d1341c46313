//! Keys. They are single letters, hence they can be switched off (WCAG 2.2, criterion 2.1.4), and they never take a letter
//! from somebody who is typing.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement, KeyboardEvent};

use super::dom::{around, by_id, on};
use super::tools::{self, Tool};
use super::viewer::Viewer;

/// Answers to keys as long as the page lives.
pub fn listen(viewer: &Viewer) {
    let viewer = viewer.clone();
    on(&document(), "keydown", move |event| {
        if let Some(tool) = pressed(&viewer, &event) {
            event.prevent_default();
            tools::use_tool(&viewer, tool, None);
        }
    });
}

fn pressed(viewer: &Viewer, event: &Event) -> Option<Tool> {
    let key = event.dyn_ref::<KeyboardEvent>()?;
    if key.ctrl_key() || key.alt_key() || key.meta_key() || key.is_composing() {
        return None;
    }
    if around(event, "dialog").is_some() {
        return None;
    }
    if around(event, "#log-query").is_some() {
        return match key.key().as_str() {
            "Enter" if key.shift_key() => Some(Tool::Previous),
            "Enter" => Some(Tool::Next),
            "Escape" => Some(Tool::LeaveSearch),
            _ => None,
        };
    }
    if around(event, "input, textarea, select, [contenteditable]").is_some() {
        return None;
    }
    match key.key().as_str() {
        "End" => {
            // The key goes to the end of the page by itself.
            viewer.follow(true);
            None
        }
        _ if !viewer.heeds_keys() => None,
        "j" => Some(Tool::NextStep),
        "k" => Some(Tool::PreviousStep),
        "e" => Some(Tool::Error),
        "n" => Some(Tool::Next),
        "p" => Some(Tool::Previous),
        "f" => Some(Tool::Follow),
        "t" => Some(Tool::Times),
        "w" => Some(Tool::Wrap),
        "/" => Some(Tool::Search),
        "?" => Some(Tool::Help),
        _ => None,
    }
}

/// Puts the cursor into the field for searching, or out of it.
pub fn focus_search(into: bool) {
    let Some(field) = by_id("log-query").and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) else {
        return;
    };
    if into {
        let _ = field.focus();
        field.select();
    } else {
        let _ = field.blur();
    }
}
