//! A content file of its parts: front matter between two lines `---`, then Markdown.

use regatta_domain::html::SafeHtml;
use regatta_domain::pipeline::Diagnostic;
use regatta_domain::slug::Slug;
use serde::de::DeserializeOwned;
use serde_saphyr::{Location, Spanned};

use regatta_dialects::yaml::{self, Place};

use crate::folder::place_at_end;
use crate::markdown::{self, Flaw, Within};

/// Front matter begins below the first line.
const LINES_ABOVE_MATTER: usize = 1;

/// A file whose front matter could be read.
#[derive(Debug)]
pub struct Document<'t, Matter> {
    /// The front matter.
    pub matter: Matter,
    /// The Markdown below it.
    body: &'t str,
    /// The file up to the Markdown.
    above_body: &'t str,
}

/// Reads a file of front matter and Markdown. What is wrong is told at its place in the file: of the front matter what
/// comes first, of the Markdown everything.
pub fn read<Matter: DeserializeOwned>(text: &str) -> Result<Document<'_, Matter>, Vec<Diagnostic>> {
    let content = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some((matter, body)) = split(content) else {
        let begun = content.lines().next().is_some_and(|line| line.trim_end() == "---");
        return Err(vec![Place::START.diagnostic_with_hint(
            if begun {
                "the front matter does not end"
            } else {
                "this file does not begin with front matter"
            },
            "the first line is `---`, then `title:` and so on, then `---` again and the text",
        )]);
    };
    let above_body = &content[..content.len() - body.len()];
    match yaml::typed(matter) {
        Ok(matter) => Ok(Document { matter, body, above_body }),
        Err(problem) => {
            let mut report =
                Report { problems: vec![below_first_line(problem)], broken: true, demos: Vec::new() };
            Document { matter: (), body, above_body }.render(None, &mut report);
            Err(report.problems)
        }
    }
}

fn below_first_line(diagnostic: Diagnostic) -> Diagnostic {
    Diagnostic { line: diagnostic.line + LINES_ABOVE_MATTER, ..diagnostic }
}

/// The front matter and what follows it.
fn split(content: &str) -> Option<(&str, &str)> {
    let mut lines = content.split_inclusive('\n');
    let first = lines.next().filter(|line| line.trim_end() == "---")?;
    let mut end = first.len();
    for line in lines {
        if line.trim_end() == "---" {
            return Some((&content[first.len()..end], &content[end + line.len()..]));
        }
        end += line.len();
    }
    None
}

impl<Matter> Document<'_, Matter> {
    /// The Markdown as HTML; what could not be shown as meant goes to `report`.
    pub fn render(&self, lang: Option<&str>, report: &mut Report) -> SafeHtml {
        let rendered = markdown::render(self.body, Within::Page, lang);
        let above = self.above_body.matches('\n').count();
        for Flaw { offset, message, hint } in rendered.flaws {
            let (line, column) = place_at_end(self.body.get(..offset).unwrap_or(self.body));
            let place = Place { line: above + line, column };
            report.problems.push(place.diagnostic_with_hint(message, hint));
        }
        for (value, offset) in rendered.demos {
            let (line, column) = place_at_end(self.body.get(..offset).unwrap_or(self.body));
            report.demos.push(At { value, place: Place { line: above + line, column } });
        }
        rendered.html
    }
}

/// What is wrong with a file, told at places in the file.
#[derive(Debug, Default)]
pub struct Report {
    /// What is wrong, in the order in which it was found.
    pub problems: Vec<Diagnostic>,
    /// Whether it must not be shown as it is. A link that is left out or HTML that is shown as text leaves it whole.
    pub broken: bool,
    /// The demos that its text shows, which must be there.
    pub demos: Vec<At<Slug>>,
}

impl Report {
    /// Something is wrong with a value of the front matter.
    pub fn wrong<T>(&mut self, value: &Spanned<T>, message: impl Into<String>) {
        self.broken = true;
        self.problems.push(place(value.referenced).diagnostic(message));
    }

    /// Something is wrong with a value of the front matter, and there is something to say about it.
    pub fn wrong_with_hint<T>(
        &mut self,
        value: &Spanned<T>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.broken = true;
        self.problems.push(place(value.referenced).diagnostic_with_hint(message, hint));
    }
}

/// A place in the front matter as a place in the file.
pub fn place(location: Location) -> Place {
    let place = Place::from(location);
    Place { line: place.line + LINES_ABOVE_MATTER, ..place }
}

/// A value of the front matter and its place in the file.
#[derive(Clone, Debug)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it is written.
    pub place: Place,
}

impl<T: Clone> At<T> {
    /// The value and where it is written.
    pub fn of(spanned: &Spanned<T>) -> Self {
        Self { value: spanned.value.clone(), place: place(spanned.referenced) }
    }
}
