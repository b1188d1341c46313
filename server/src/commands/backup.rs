//! `regatta backup`: a copy of the database in a file, made while the portal runs or not.

use std::path::Path;

use super::office::{CommandError, say};
use crate::config::Config;

/// Writes the copy into `file`, which must not exist yet.
pub async fn run(config: Option<&Path>, file: &Path) -> Result<(), CommandError> {
    let config = Config::load(config, std::env::vars())?;
    regatta_store::transfer::backup(config.database_url.reveal(), file).await?;
    say(&format!("{}: the whole database, as of now", file.display()))?;
    // Without it, links and tickets that were sent would stop working.
    match config.secret_key {
        Some(_) => Ok(()),
        None => say(&format!(
            "keep a copy of {} with it: links and tickets are made from that key",
            config.data_dir.join("secret_key").display()
        )),
    }
}
