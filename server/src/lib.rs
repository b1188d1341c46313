//! The Regatta community portal: everything behind the pages.
//!
//! This crate only wires: it reads the [`config`], opens the rooms (content, store, desk, mail, playground) and puts the
//! [`web`] in front of them.

pub mod assets;
pub mod cli;
pub mod commands;
pub mod config;
pub mod opening;
pub mod telemetry;
pub mod web;
pub mod world;
