//! The pages of Regatta and what they are made of.
//!
//! One function per page in [`pages`]: it takes the [`shell::Shell`] and a plain struct of what to show, and returns the
//! whole HTML document as text. Pages read nothing and decide nothing: times, counts and states arrive as values, so
//! that a page can be rendered, tested and looked at without a server. Everything is rendered once, on the server; only
//! the run page carries an island ([`regatta_islands`]) that the browser brings to life.

pub mod components;
pub mod forms;
pub mod pages;
pub mod paths;
mod render;
pub mod shell;

pub use render::prepare;
