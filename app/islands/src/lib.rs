//! The few interactive leaves of the pages that become WebAssembly.
//!
//! The same components are rendered by the server (feature `ssr`) and brought to life in the browser (feature `hydrate`);
//! the two features never meet in one build. What is here must read and work without JavaScript too: the server renders
//! it complete, and hydration only adds what moves.

#![allow(clippy::needless_pass_by_value, reason = "components own their properties")]

pub mod run;
pub mod state_mark;

/// Makes the module ready; the boot module calls it once before it hydrates the islands of the page.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
