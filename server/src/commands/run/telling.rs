//! A run's log in a terminal, or as lines of JSON.

use std::io::{self, IsTerminal as _, Write};

use regatta_domain::pipeline::Plan;
use regatta_domain::run::{Ending, JobState, RunEvent, RunFact, Span, Stream, Style};
use serde_json::json;

/// Tells a run's events on standard output.
pub struct Teller<'a> {
    plan: &'a Plan,
    json: bool,
    colours: bool,
    out: Box<dyn Write + 'a>,
}

impl<'a> Teller<'a> {
    /// Tells a run of `plan`; with `json`, each event as the portal streams it.
    pub fn new(plan: &'a Plan, json: bool) -> Self {
        // An empty value says nothing (no-color.org).
        let no_colours = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colours = io::stdout().is_terminal() && !no_colours;
        Self { plan, json, colours, out: Box::new(io::stdout()) }
    }

    /// Tells one event.
    pub fn tell(&mut self, event: &RunEvent) -> io::Result<()> {
        if self.json {
            serde_json::to_writer(&mut self.out, event)?;
            return writeln!(self.out);
        }
        match &event.what {
            RunFact::Placed { job, placement, .. } => {
                let job = self.job(*job);
                writeln!(self.out, "{job}: on {} ({})", placement.executor, placement.level.words())?;
                placement.image.iter().try_for_each(|image| writeln!(self.out, "{job}: {image}"))
            }
            RunFact::Job {
                job,
                state: state @ (JobState::Ended(_) | JobState::Skipped | JobState::LeftOut),
                reason,
            } => {
                let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
                writeln!(self.out, "{}: {}{reason}", self.job(*job), state.words().to_lowercase())
            }
            RunFact::Line { job, step, stream, text, spans } => {
                let mark = if *stream == Stream::Err { "!" } else { "|" };
                let text = if self.colours { coloured(text, spans) } else { text.clone() };
                writeln!(self.out, "{}/{} {mark} {text}", self.job(*job), self.step(*job, *step))
            }
            RunFact::StepEnded { job, step, exit, took_ms, .. } if *exit != 0 => {
                let (job, step) = (self.job(*job), self.step(*job, *step));
                writeln!(self.out, "{job}/{step}: exit code {exit} after {took_ms} ms")
            }
            RunFact::Output { job, name, value, .. } => {
                writeln!(self.out, "{}: hands on {name} = {value}", self.job(*job))
            }
            RunFact::Run { .. }
            | RunFact::Job { .. }
            | RunFact::Reached { .. }
            | RunFact::StepStarted { .. }
            | RunFact::StepEnded { .. } => Ok(()),
        }
    }

    /// Tells how it ended.
    pub fn close(&mut self, ending: Ending) -> io::Result<()> {
        if self.json {
            writeln!(self.out, "{}", json!({ "ending": ending.as_str() }))
        } else {
            writeln!(self.out, "{}", ending.words())
        }
    }

    fn job(&self, job: usize) -> &'a str {
        self.plan.jobs.get(job).map_or("?", |job| &job.name)
    }

    fn step(&self, job: usize, step: usize) -> &'a str {
        let step = self.plan.jobs.get(job).and_then(|job| job.steps.get(step));
        step.map_or("?", String::as_str)
    }
}

/// A line with the colours it was printed in (ECMA-48, section 8.3.117).
fn coloured(text: &str, spans: &[Span]) -> String {
    let mut line = String::new();
    let mut chars = text.chars();
    let mut at = 0;
    for span in spans {
        line.extend(chars.by_ref().take((span.at - at) as usize));
        line.push_str(&rendition(span.style));
        line.extend(chars.by_ref().take(span.len as usize));
        line.push_str("\u{1b}[0m");
        at = span.at + span.len;
    }
    line.extend(chars);
    line
}

fn rendition(style: Style) -> String {
    let colour = |base: u8, colour: u8| if colour < 8 { base + colour } else { base + 60 + colour - 8 };
    let flags = [(style.bold, 1), (style.faint, 2), (style.italic, 3), (style.underlined, 4)];
    let mut codes: Vec<u8> = flags.iter().filter(|(on, _)| *on).map(|(_, code)| *code).collect();
    codes.extend(style.colour.map(|c| colour(30, c)));
    codes.extend(style.behind.map(|c| colour(40, c)));
    let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
    format!("\u{1b}[{}m", codes.join(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_come_back_as_they_were_printed() {
        let style = Style { colour: Some(9), bold: true, ..Style::default() };
        let spans = [Span { at: 2, len: 3, style }];
        assert_eq!(coloured("éé red.", &spans), "éé\u{1b}[1;91m re\u{1b}[0md.");
        assert_eq!(coloured("plain", &[]), "plain");
    }
}
