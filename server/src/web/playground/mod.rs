//! The playground: the demos, the editor for texts of one's own, and asking for a run.

mod check;
mod draft;
mod embed;
mod examples;
mod gallery;
mod open;
mod share;
mod shown;
mod sizes;
mod submit;

pub use check::{check, to_the_editor};
pub use embed::embed;
pub use gallery::index;
pub use open::{demo, own, shared};
pub use share::share;
pub use shown::{card_of_demo, openness, shown_demos};
pub use submit::{submit, to_the_demos};
