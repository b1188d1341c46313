//! A run of a pipeline: its states, the events of its log, and the view that follows from them.
//!
//! A run is told by its events alone. Server pages and the live island fold the same events with [`RunView::apply`],
//! so that both always show the same.

mod event;
mod line;
mod placement;
mod setup;
mod state;
mod timing;
mod turn;
mod view;

pub use event::{RunEvent, RunFact, Stream, Usage};
pub use line::{Span, Style};
pub use placement::{ImageState, IsolationLevel, Milestone, Placement};
pub use setup::{Phase, SetupPart};
pub use state::{Ending, JobState, RunState, StepState};
pub use timing::{Percentiles, RunTiming};
pub use turn::{LineUp, Turn, Waiting};
pub use view::{JobView, LogLine, Retry, RunView, StepView};
