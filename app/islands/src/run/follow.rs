//! Keeps the newest line in view until the reader goes elsewhere.

use std::cell::Cell;

use leptos::ev;
use leptos::prelude::*;
use web_sys::{ScrollBehavior, ScrollIntoViewOptions, ScrollLogicalPosition};

/// Scrolls down to the line that the event `newest` brought, as long as `following` says so. It never scrolls up, and
/// scrolling up by hand ends it; so does a link to a line, for whoever follows one wants to read that one.
pub(crate) fn keep_in_view(newest: RwSignal<u64>, following: RwSignal<bool>) {
    Effect::new(move |begun: Option<()>| {
        if begun.is_none() {
            leave_on_link(following);
            leave_on_scroll_up(following);
        }
        let seq = newest.get();
        if following.get() && seq > 0 {
            // The line itself is put on the page in this turn; its place is known by the next frame.
            request_animation_frame(move || show_line(seq));
        }
    });
}

fn leave_on_link(following: RwSignal<bool>) {
    let leave = move || {
        if window().location().hash().is_ok_and(|hash| hash.starts_with("#l")) {
            following.set(false);
        }
    };
    leave();
    // The listener lives as long as the page, as the island does.
    let _ = window_event_listener(ev::hashchange, move |_| leave());
}

fn leave_on_scroll_up(following: RwSignal<bool>) {
    let place = || window().scroll_y().unwrap_or_default();
    let last = Cell::new(place());
    let _ = window_event_listener(ev::scroll, move |_| {
        let now = place();
        if now < last.replace(now) {
            following.set(false);
        }
    });
}

fn show_line(seq: u64) {
    let Some(line) = document().get_element_by_id(&format!("l{seq}")) else { return };
    let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
    if line.get_bounding_client_rect().bottom() > height {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::End);
        // A page may scroll smoothly to where a link leads; a log that moves ten times a second must not.
        options.set_behavior(ScrollBehavior::Instant);
        line.scroll_into_view_with_scroll_into_view_options(&options);
    }
}
