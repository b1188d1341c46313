//! The program `regatta`.

use std::process::ExitCode;

use clap::Parser;
use regatta::cli::{Cli, Command};
use regatta::commands;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        Command::Serve => commands::serve::run(cli.config.as_deref()),
        Command::Check => commands::check::run(cli.config.as_deref()),
    }
}
