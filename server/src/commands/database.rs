//! `regatta database move`: from one engine to another.

use std::path::Path;

use regatta_domain::ports::Clock;
use serde_json::json;

use super::office::{CommandError, print, say};
use super::output::{Format, Listing};
use crate::config::Config;
use crate::world::WallClock;

/// Copies everything into the empty database at `to`, and tells how much there is in each table.
pub async fn transfer(config: Option<&Path>, to: &str) -> Result<(), CommandError> {
    let config = Config::load(config, std::env::vars())?;
    let from = config.database_url.reveal();
    let in_use =
        regatta_store::transfer::in_use_until(from).await?.is_some_and(|until| until > WallClock.now());
    let counts = regatta_store::transfer::copy(from, to).await?;
    let mut listing = Listing::new(["table", "rows"]);
    for count in counts {
        listing.push(vec![json!(count.table), json!(count.rows)]);
    }
    print(&listing, Format::Table)?;
    say(
        "Everything was copied, read again and compared. Set database.url to the new address and start the portal.",
    )?;
    if in_use {
        say(
            "Warning: a portal was at work with the original within the last half minute. If it still is, what it writes now \
             is in the original alone: stop it, empty the new database and move again.",
        )?;
    }
    match config.secret_key {
        Some(_) => Ok(()),
        None => say(&format!(
            "Set secret_key to what is in {}, so that links and tickets that were sent go on working.",
            config.data_dir.join("secret_key").display()
        )),
    }
}
