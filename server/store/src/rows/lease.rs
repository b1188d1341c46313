//! Leases.

use super::RowName;
use crate::StoreError;
use crate::vitals::LeaseHeld;

/// Name, holder and end of a lease, as they are stored.
pub type LeaseRow = (String, String, i64);

/// What rows mean.
pub fn read(rows: Vec<LeaseRow>) -> Result<Vec<LeaseHeld>, StoreError> {
    let read = |(name, holder, until): LeaseRow| {
        let until = RowName { what: "lease", id: &name }.moment(until)?;
        Ok(LeaseHeld { name, holder, until })
    };
    rows.into_iter().map(read).collect()
}
