//! The program `regatta`.

use std::process::ExitCode;

use clap::Parser;
use regatta::cli::Cli;
use regatta::commands;

fn main() -> ExitCode {
    let Cli { config, command } = Cli::parse();
    commands::run(config.as_deref(), command)
}
