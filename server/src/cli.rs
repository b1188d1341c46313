//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// A community portal: a public website, meetup registration with its mail, and a live build playground.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    after_help = "Every setting can also be given as REGATTA__SECTION__KEY in the environment; \
                                         README.md lists them."
)]
pub struct Cli {
    /// The configuration file; without it, regatta.toml in the working folder is read where it exists.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the portal until interrupted.
    Serve,
    /// Check configuration and content; tell file, line, column and what to do, and exit with 1 where something is wrong.
    Check,
}
