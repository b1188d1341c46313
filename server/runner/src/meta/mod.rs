//! The command `meta`, by which steps read and set metadata, as Screwdriver's own does
//! (<https://docs.screwdriver.cd/user-guide/metadata>).
//!
//! [`command`] understands its arguments, [`key`] what they point at, [`store`] keeps the file. It runs with the rights of
//! the step that calls it, and takes the file for what it is: something that any step may have written.

pub mod command;
mod key;
pub mod store;
