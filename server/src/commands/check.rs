//! `regatta check`: configuration and content, before anybody meets a mistake in them.

use std::path::Path;
use std::process::ExitCode;

use regatta_content::Library;
use regatta_domain::ports::Clock;

use crate::config::Config;
use crate::world::WallClock;

/// Checks everything and tells what is wrong on standard output; exit code 1 where something is.
#[expect(clippy::print_stdout, reason = "the findings are this command's output")]
pub fn run(config: Option<&Path>) -> ExitCode {
    let config = match Config::load(config, std::env::vars()) {
        Ok(config) => config,
        Err(errors) => {
            print!("{errors}");
            return ExitCode::FAILURE;
        }
    };
    let library = Library::load(&config.content_dir, WallClock.now());
    for problem in library.problems() {
        println!("{}", problem.told_in(&config.content_dir));
    }
    match library.problems().len() {
        0 => {
            println!("{}: {}; no problems", config.content_dir.display(), super::summary(&library));
            ExitCode::SUCCESS
        }
        many => {
            println!(
                "{}: {many} {}",
                config.content_dir.display(),
                if many == 1 { "problem" } else { "problems" }
            );
            ExitCode::FAILURE
        }
    }
}
