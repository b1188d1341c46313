//! What the reader of a pipeline has to say of it: what keeps it from running, and what it did with the rest.

use leptos::prelude::*;
use regatta_domain::pipeline::{Diagnostic, Note, NoteKind, Problem, Reading};

/// The most characters of a line that are quoted on either side of the place that is meant.
const QUOTED_CHARS: usize = 60;
/// The most findings of a kind that are shown; a text may have one for each of its lines.
const MOST_SHOWN: usize = 50;

/// How a text was read: what keeps it from running, then what is done with the rest. Each leads to its line in the field
/// called `area`.
pub fn findings(reading: &Reading, source: &str, area: &str) -> AnyView {
    let Reading { diagnostics, pipeline, dialect } = reading;
    let verdict = verdict(reading);
    let kind = if reading.is_runnable() { "verdict verdict-good" } else { "verdict verdict-bad" };
    view! {
        <p class=kind>
            <span class="verdict-dialect">{format!("Read as {}. ", dialect.words())}</span>
            {verdict}
        </p>
        {problems(diagnostics, source, area)}
        {notes(&pipeline.notes, area)}
    }
    .into_any()
}

/// In a sentence, what comes of a text.
fn verdict(reading: &Reading) -> String {
    let jobs = counted(reading.pipeline.jobs.len(), "job", "jobs");
    let steps: usize = reading.pipeline.jobs.iter().map(|job| job.steps.len()).sum();
    match reading.diagnostics.len() {
        0 => format!("It can run: {jobs} with {}.", counted(steps, "step", "steps")),
        1 => "One thing keeps it from running.".to_owned(),
        more => format!("{more} things keep it from running."),
    }
}

/// `1 job`, `3 jobs`.
pub fn counted(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// What keeps a text from running, each with its line quoted.
fn problems(diagnostics: &[Diagnostic], source: &str, area: &str) -> Option<AnyView> {
    let one = |diagnostic: &Diagnostic| {
        let hint = diagnostic.hint.clone().map(|hint| view! { <span class="diagnostic-hint">{hint}</span> });
        let quote = quotation(source, diagnostic)
            .map(|lines| view! { <pre class="diagnostic-quote" tabindex="0">{lines}</pre> });
        let refused = (diagnostic.problem == Problem::Refused)
            .then(|| view! { <span class="finding-kind">"Not done here"</span> });
        view! {
            <li class="finding finding-problem">
                {place(area, diagnostic.line, Some(diagnostic.column))}
                {refused}
                <span class="finding-words">{diagnostic.message.clone()}</span>
                {quote}
                {hint}
            </li>
        }
    };
    (!diagnostics.is_empty()).then(|| {
        let shown = diagnostics.iter().take(MOST_SHOWN).map(one).collect_view();
        view! { <ol class="diagnostics">{shown} {and_more(diagnostics.len())}</ol> }.into_any()
    })
}

/// What is done with the rest of a text: left out, done otherwise, worth knowing.
pub fn notes(notes: &[Note], area: &str) -> Option<AnyView> {
    let one = |note: &Note| {
        view! {
            <li class="finding finding-note">
                {note.line.map(|line| place(area, line, None))}
                <span class="finding-kind">{kind_words(note.kind)}</span>
                <span class="finding-words">{note.text.clone()}</span>
            </li>
        }
    };
    (!notes.is_empty()).then(|| {
        let shown = notes.iter().take(MOST_SHOWN).map(one).collect_view();
        view! { <ul class="diagnostics">{shown} {and_more(notes.len())}</ul> }.into_any()
    })
}

fn and_more(count: usize) -> Option<AnyView> {
    let more = count.checked_sub(MOST_SHOWN).filter(|more| *more > 0)?;
    Some(view! { <li>{format!("… and {more} more")}</li> }.into_any())
}

fn kind_words(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::Ignored => "Left out",
        NoteKind::Simulated => "Done otherwise",
        NoteKind::Explained => "Good to know",
    }
}

/// The place of a finding; where scripts run, it leads right to the line.
fn place(area: &str, line: usize, column: Option<usize>) -> AnyView {
    let words = match column {
        Some(column) => format!("Line {line}, column {column}"),
        None => format!("Line {line}"),
    };
    view! {
        <a
            class="diagnostic-place"
            href=format!("#{area}")
            data-line=line.to_string()
            data-column=column.map(|column| column.to_string())
        >
            {words}
        </a>
    }
    .into_any()
}

/// The line that is meant, with a caret under its column. A long line is cut around it.
fn quotation(source: &str, diagnostic: &Diagnostic) -> Option<String> {
    let line = source.lines().nth(diagnostic.line.checked_sub(1)?)?;
    let at = diagnostic.column.saturating_sub(1).min(line.chars().count());
    let from = at.saturating_sub(QUOTED_CHARS);
    let quoted: String = line.chars().skip(from).take(2 * QUOTED_CHARS).collect();
    // Tabs stay tabs in the line of the caret, so that it stands where it should however wide they are shown.
    let indent = line.chars().skip(from).take(at - from).map(|c| if c == '\t' { c } else { ' ' });
    (!line.trim().is_empty()).then(|| format!("{quoted}\n{}^", indent.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic(line: usize, column: usize) -> Diagnostic {
        Diagnostic {
            line,
            column,
            problem: Problem::Refused,
            message: "<script>".into(),
            hint: Some("hint".into()),
        }
    }

    #[test]
    fn a_finding_stands_at_its_line_and_says_whose_it_is() {
        let reading = Reading { diagnostics: vec![diagnostic(1, 2)], ..Reading::default() };
        let html = findings(&reading, "ab", "pipeline").to_html();
        assert!(html.contains("data-line=\"1\"") && html.contains("data-column=\"2\""), "{html}");
        assert!(html.contains("Not done here") && html.contains("ab\n ^"), "{html}");
        assert!(!html.contains("<script>"), "{html}");
    }

    #[test]
    fn a_thousand_findings_are_not_a_thousand_lines() {
        let reading = Reading { diagnostics: vec![diagnostic(1, 1); 1000], ..Reading::default() };
        let html = findings(&reading, "x", "pipeline").to_html();
        assert_eq!(html.matches("<li").count(), MOST_SHOWN + 1);
        assert!(html.contains("and 950 more"), "{html}");
    }
}
