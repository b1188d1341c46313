//! What can be pressed on the page, and what it does.

use std::cell::Cell;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, Event, HtmlDialogElement, HtmlInputElement, MouseEvent};

use super::dom::{around, by_id, on, set, set_hidden};
use super::keys::focus_search;
use super::viewer::Viewer;

/// How long after the last letter a search begins.
const TYPING: Duration = Duration::from_millis(150);
/// How long a button says what it did.
const SAYING: Duration = Duration::from_secs(2);

/// Something the reader can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Search,
    LeaveSearch,
    Next,
    Previous,
    Error,
    NextStep,
    PreviousStep,
    Times,
    Wrap,
    Follow,
    Help,
    CopyPicked,
    CopyLink,
    PickNothing,
    CopyStep,
}

impl Tool {
    /// The tool that the markup calls `name`.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "next" => Self::Next,
            "previous" => Self::Previous,
            "error" => Self::Error,
            "times" => Self::Times,
            "wrap" => Self::Wrap,
            "follow" => Self::Follow,
            "help" => Self::Help,
            "copy-picked" => Self::CopyPicked,
            "copy-link" => Self::CopyLink,
            "pick-nothing" => Self::PickNothing,
            "copy-step" => Self::CopyStep,
            _ => return None,
        })
    }
}

/// Answers to clicks and to typing as long as the page lives, and shows what can be pressed.
pub fn listen(viewer: &Viewer) {
    let clicked = viewer.clone();
    on(&document(), "click", move |event| click(&clicked, &event));
    let changed = viewer.clone();
    on(&document(), "change", move |event| {
        if let Some(heed) =
            around(&event, "#log-keys").and_then(|field| field.dyn_into::<HtmlInputElement>().ok())
        {
            changed.heed_keys(heed.checked());
        }
    });
    let typing = viewer.clone();
    let turn = std::rc::Rc::new(Cell::new(0_u32));
    on(&document(), "input", move |event| {
        let Some(field) =
            around(&event, "#log-query").and_then(|field| field.dyn_into::<HtmlInputElement>().ok())
        else {
            return;
        };
        let (viewer, turn) = (typing.clone(), turn.clone());
        let mine = turn.get().wrapping_add(1);
        turn.set(mine);
        set_timeout(
            move || {
                if turn.get() == mine {
                    viewer.search(&field.value());
                }
            },
            TYPING,
        );
    });
    on(&document(), "submit", |event| {
        if around(&event, "#log-search").is_some() {
            event.prevent_default();
        }
    });
    set_hidden("log-tools", false);
    set_hidden("run-refresh", true);
    if let Some(log) = by_id("run-log") {
        // The style sheet shows what only works with scripts.
        set(&log, "data-live", "");
    }
}

fn click(viewer: &Viewer, event: &Event) {
    if let Some(line) = around(event, ".log-number") {
        let seq = line.get_attribute("href").and_then(|href| href.strip_prefix("#l")?.parse().ok());
        let mouse = event.dyn_ref::<MouseEvent>();
        // With a control key the link opens elsewhere.
        if let Some(seq) = seq.filter(|_| !mouse.is_some_and(|mouse| mouse.ctrl_key() || mouse.meta_key())) {
            event.prevent_default();
            viewer.pick(seq, mouse.is_some_and(MouseEvent::shift_key));
        }
        return;
    }
    if let Some(step) = around(event, "summary").and_then(|summary| summary.parent_element()) {
        // From now on it stays as the reader leaves it.
        set(&step, "data-touched", "");
        return;
    }
    if let Some(button) = around(event, "[data-do]")
        && let Some(tool) = button.get_attribute("data-do").and_then(|name| Tool::named(&name))
    {
        use_tool(viewer, tool, Some(&button));
    }
}

/// Does what was asked for, by `button` where one was pressed.
pub fn use_tool(viewer: &Viewer, tool: Tool, button: Option<&Element>) {
    match tool {
        Tool::Search => focus_search(true),
        Tool::LeaveSearch => focus_search(false),
        Tool::Next => viewer.next_found(true),
        Tool::Previous => viewer.next_found(false),
        Tool::Error => viewer.next_error(),
        Tool::NextStep => viewer.next_step(true),
        Tool::PreviousStep => viewer.next_step(false),
        Tool::Times => viewer.turn_times(),
        Tool::Wrap => viewer.turn_wrap(),
        Tool::Follow => viewer.follow(!viewer.is_following()),
        Tool::Help => help(viewer),
        Tool::CopyPicked => copy(viewer.picked_text(), button),
        Tool::CopyLink => copy(window().location().href().unwrap_or_default(), button),
        Tool::PickNothing => viewer.pick_nothing(),
        Tool::CopyStep => {
            let step = button.and_then(|button| button.get_attribute("data-step")?.parse().ok());
            copy(step.map_or_else(String::new, |step| viewer.step_text(step)), button);
        }
    }
}

fn help(viewer: &Viewer) {
    if let Some(heed) = by_id("log-keys").and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) {
        heed.set_checked(viewer.heeds_keys());
    }
    if let Some(dialog) = by_id("log-help").and_then(|dialog| dialog.dyn_into::<HtmlDialogElement>().ok()) {
        // It fails where it is open already.
        let _ = dialog.show_modal();
    }
}

/// Puts `text` on the clipboard; the button says what became of it.
fn copy(text: String, button: Option<&Element>) {
    let Some(button) = button.cloned() else { return };
    let words = button.text_content().unwrap_or_default();
    spawn_local(async move {
        // A browser has a clipboard for pages of a secure origin only.
        let copied = window().is_secure_context()
            && JsFuture::from(window().navigator().clipboard().write_text(&text)).await.is_ok();
        button.set_text_content(Some(if copied { "Copied" } else { "It could not be copied" }));
        set_timeout(move || button.set_text_content(Some(&words)), SAYING);
    });
}
