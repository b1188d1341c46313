//! Runs, their logs, shared texts and the playground's switches in SQLite.

mod admission;
mod hold;
mod list;
mod log;
mod operation;
#[cfg(test)]
mod plans;
mod retention;
mod share;

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::ids::{RunId, ShareId};
use regatta_domain::run::{LineUp, RunEvent};
use regatta_domain::switches::Switches;
use sqlx::query_as;

use super::SqliteStore;
use crate::StoreError;
use crate::records::AuditEntry;
use crate::rows::read_all;
use crate::rows::run::{ListedRow, RunRow, new_events};
use crate::runs::{Admission, Hold, ListedRun, RunEnd, RunFilter, RunQuota, RunStore, SharedText, StoredRun};

#[async_trait]
impl RunStore for SqliteStore {
    async fn add_run(&self, run: &StoredRun, quota: &RunQuota) -> Result<Admission, StoreError> {
        let mut tx = self.write().await?;
        let admission = admission::admit(&mut tx, run, quota).await?;
        if admission == Admission::Accepted {
            admission::insert(&mut tx, run).await?;
            tx.commit().await?;
        }
        Ok(admission)
    }

    async fn run(&self, id: &RunId) -> Result<Option<StoredRun>, StoreError> {
        let row: Option<RunRow> = query_as("select * from runs where id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.readers)
            .await?;
        row.map(StoredRun::try_from).transpose()
    }

    async fn line_up(&self) -> Result<LineUp, StoreError> {
        admission::line_up(&self.readers).await
    }

    async fn take_run(
        &self,
        id: &RunId,
        holder: &str,
        until: Timestamp,
    ) -> Result<Option<StoredRun>, StoreError> {
        hold::take(&self.writer, id, holder, until).await
    }

    async fn take_over_run(&self, hold: &Hold, holder: &str, until: Timestamp) -> Result<bool, StoreError> {
        hold::take_over(&self.writer, hold, holder, until).await
    }

    async fn give_up_run(&self, id: &RunId, holder: &str) -> Result<bool, StoreError> {
        hold::give_up(&self.writer, id, holder).await
    }

    async fn keep_hold(&self, holder: &str, until: Timestamp) -> Result<Vec<RunId>, StoreError> {
        hold::keep(&self.writer, holder, until).await
    }

    async fn asked_to_cancel(&self, holder: &str) -> Result<Vec<RunId>, StoreError> {
        hold::to_cancel(&self.readers, holder).await
    }

    async fn holds(&self) -> Result<Vec<Hold>, StoreError> {
        read_all(hold::all(&self.readers).await?)
    }

    async fn get_under_way(&self, id: &RunId, holder: &str, isolation: &str) -> Result<bool, StoreError> {
        hold::get_under_way(&self.writer, id, holder, isolation).await
    }

    async fn end_run(&self, id: &RunId, holder: Option<&str>, end: &RunEnd) -> Result<bool, StoreError> {
        hold::end(&self.writer, id, holder, end).await
    }

    async fn ask_to_cancel(&self, id: &RunId) -> Result<bool, StoreError> {
        hold::ask_to_cancel(&self.writer, id).await
    }

    async fn append_events(&self, id: &RunId, events: &[RunEvent]) -> Result<(), StoreError> {
        let new = new_events(id, events)?;
        let Some(first) = new.first() else { return Ok(()) };
        let mut tx = self.write().await?;
        log::expect_end_before(&mut tx, id, first).await?;
        log::append(&mut tx, id, &new).await?;
        Ok(tx.commit().await?)
    }

    async fn events_after(&self, id: &RunId, after: u64, limit: u32) -> Result<Vec<RunEvent>, StoreError> {
        read_all(log::after(&self.watchers, id, after, limit).await?)
    }

    async fn last_event(&self, id: &RunId) -> Result<u64, StoreError> {
        log::last(&self.watchers, id).await
    }

    async fn list_runs(&self, filter: &RunFilter) -> Result<Vec<ListedRun>, StoreError> {
        let rows: Vec<ListedRow> = list::select(filter).build_query_as().fetch_all(&self.readers).await?;
        read_all(rows)
    }

    async fn hide_run(&self, id: &RunId, hidden: bool, audit: &AuditEntry) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let found = operation::hide_run(&mut tx, id, hidden, audit).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn delete_logs_before(&self, before: Timestamp) -> Result<u64, StoreError> {
        retention::delete_logs(self, before).await
    }

    async fn delete_edited_before(&self, before: Timestamp) -> Result<u64, StoreError> {
        retention::delete_edited(self, before).await
    }

    async fn share_text(&self, text: &SharedText, most: u32, since: Timestamp) -> Result<bool, StoreError> {
        share::add(&self.writer, text, most, since).await
    }

    async fn shared_text(&self, id: &ShareId) -> Result<Option<SharedText>, StoreError> {
        share::find(&self.readers, id).await
    }

    async fn hide_shared_text(
        &self,
        id: &ShareId,
        hidden: bool,
        audit: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let found = operation::hide_shared_text(&mut tx, id, hidden, audit).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn switches(&self) -> Result<Option<Switches>, StoreError> {
        operation::switches(&self.readers).await
    }

    async fn set_switches(&self, switches: &Switches, audit: &AuditEntry) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        operation::set_switches(&mut tx, switches, audit).await?;
        Ok(tx.commit().await?)
    }
}
