//! `regatta audit`: what organizers did.

use serde_json::json;

use super::office::{CommandError, Office, print};
use super::output::Listing;
use crate::cli::Audit;

/// Lists the latest entries of the audit log.
pub async fn list(office: &Office, asked: &Audit) -> Result<(), CommandError> {
    let entries = office.store.audit_log(asked.subject.as_deref(), asked.limit).await?;
    let mut listing = Listing::new(["at", "actor", "action", "subject", "reason", "detail"]);
    for entry in entries {
        listing.push(vec![
            json!(format!("{:.0}", entry.at)),
            json!(entry.actor),
            json!(entry.action),
            json!(entry.subject),
            json!(entry.reason),
            json!(entry.detail),
        ]);
    }
    print(&listing, asked.written.format)
}
