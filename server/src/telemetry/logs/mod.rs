//! The log: one line for each event, in the words of this program, with the fields of all spans around it.
//!
//! A line says when, how bad, from where, what, and then `key=value` for the event's own fields and those of its spans from
//! the innermost to the outermost, so that whoever searches for `run=…` finds everything about a run. Values are bounded
//! and cannot end a line or steer a terminal ([`fields`]). Warnings and errors are also remembered for operators
//! ([`faults`]).

pub mod faults;
pub mod fields;
mod line;

use std::io::Write as _;
use std::sync::Arc;

use regatta_domain::ports::Clock;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

pub use self::faults::{Fault, Faults};
use self::fields::Fields;
use self::line::Line;
use crate::config::LogFormat;

/// Writes the log.
pub struct LogLayer<W> {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How lines are written.
    pub format: LogFormat,
    /// Whether levels are coloured, in text.
    pub colours: bool,
    /// Where to.
    pub writer: W,
    /// Where warnings and errors are remembered.
    pub faults: Faults,
}

impl<S, W> Layer<S> for LogLayer<W>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().replace(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.take_over(outer);
            }
        }
        let level = *event.metadata().level();
        let target = fields.log_target.take().unwrap_or_else(|| event.metadata().target().to_owned());
        self.write(&Line { at: self.clock.now(), level, target, fields });
    }
}

impl<W: for<'writer> MakeWriter<'writer>> LogLayer<W> {
    fn write(&self, line: &Line) {
        if line.level <= Level::WARN {
            let Line { at, level, target, .. } = line;
            self.faults.note(Fault { at: *at, level: *level, target: target.clone(), words: line.words() });
        }
        let told = match self.format {
            LogFormat::Text => line.text(self.colours),
            LogFormat::Json => line.json(),
        };
        // That nobody reads the log is no reason to stop; in one write, so that lines of threads do not mix.
        let _ = self.writer.make_writer().write_all(told.as_bytes());
    }
}
