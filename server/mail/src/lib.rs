//! Mail: what it says, how it is sent, and the worker that empties the outbox.

pub mod letter;

pub use letter::{Confirmation, Letter, LetterError, LetterSource, Matter, Site, Standing};
