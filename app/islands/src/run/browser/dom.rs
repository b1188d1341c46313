//! Short names for what is asked of a browser again and again.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, Event, EventTarget, HtmlElement, ScrollBehavior, ScrollToOptions};

/// The element called `id`.
pub fn by_id(id: &str) -> Option<Element> {
    document().get_element_by_id(id)
}

/// Shows or hides the element called `id`.
pub fn set_hidden(id: &str, hidden: bool) {
    if let Some(element) = by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        element.set_hidden(hidden);
    }
}

/// Sets an attribute. It fails only for names that are none.
pub fn set(element: &Element, name: &str, value: &str) {
    let _ = element.set_attribute(name, value);
}

/// What is called at an event.
pub type Listener = Closure<dyn FnMut(Event)>;

/// A listener, which lives as long as it is kept.
pub fn listener(react: impl FnMut(Event) + 'static) -> Listener {
    Closure::new(react)
}

/// Calls `react` at each event called `name` that comes to `target`, also where it does not bubble, as long as the page
/// lives.
pub fn on(target: &EventTarget, name: &str, react: impl FnMut(Event) + 'static) {
    let closure = listener(react);
    // It fails for no target there is.
    let _ = target.add_event_listener_with_callback_and_bool(name, closure.as_ref().unchecked_ref(), true);
    closure.forget();
}

/// The nearest element around what an event came to that fits `selector`.
pub fn around(event: &Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok()?
}

/// The height of the window.
pub fn window_height() -> f64 {
    window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default()
}

/// Scrolls on by so many pixels at once, whatever the style sheet says of links.
pub fn scroll_by(pixels: f64) {
    let options = ScrollToOptions::new();
    options.set_top(pixels);
    options.set_behavior(ScrollBehavior::Instant);
    window().scroll_by_with_scroll_to_options(&options);
}
