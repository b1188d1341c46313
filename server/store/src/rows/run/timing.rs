//! The columns of `runs` that tell how long a run took.

use regatta_domain::run::{ImageState, IsolationLevel, RunTiming};
use sqlx::FromRow;

use crate::StoreError;
use crate::rows::RowName;

/// How long a run took and in what: all of it or nothing, but for the parts of its set-up, which may be unknown.
#[derive(Default, FromRow)]
pub struct TimingRow {
    pub executor: Option<String>,
    pub level: Option<String>,
    pub image_state: Option<String>,
    pub queued_ms: Option<i64>,
    pub setup_ms: Option<i64>,
    pub total_ms: Option<i64>,
    pub phases: Option<String>,
}

impl TimingRow {
    /// What is stored of `timing`, for the run that `at` names.
    pub fn of(timing: Option<&RunTiming>, at: RowName<'_>) -> Result<Self, StoreError> {
        let Some(timing) = timing else { return Ok(Self::default()) };
        let number = |ms: u64| i64::try_from(ms).map(Some).map_err(|why| at.broken(why));
        Ok(Self {
            executor: Some(timing.executor.clone()),
            level: Some(timing.level.as_str().to_owned()),
            image_state: Some(timing.image_state.as_str().to_owned()),
            queued_ms: number(timing.queued_ms)?,
            setup_ms: number(timing.setup_ms)?,
            total_ms: number(timing.total_ms)?,
            phases: (!timing.phases.is_empty()).then(|| at.to_json(&timing.phases)).transpose()?,
        })
    }

    /// What it means, for the run that `at` names.
    pub fn read(self, at: RowName<'_>) -> Result<Option<RunTiming>, StoreError> {
        let Some(executor) = self.executor else { return Ok(None) };
        let part = |name| at.broken(format!("its timing has no {name}"));
        let level = self.level.ok_or_else(|| part("level"))?;
        let image_state = self.image_state.ok_or_else(|| part("image_state"))?;
        let time = |ms: Option<i64>, name| at.number(ms.ok_or_else(|| part(name))?);
        Ok(Some(RunTiming {
            executor,
            level: at.named(&level, IsolationLevel::named)?,
            image_state: at.named(&image_state, ImageState::named)?,
            queued_ms: time(self.queued_ms, "queued_ms")?,
            setup_ms: time(self.setup_ms, "setup_ms")?,
            total_ms: time(self.total_ms, "total_ms")?,
            phases: self.phases.map(|json| at.json(&json)).transpose()?.unwrap_or_default(),
        }))
    }
}
