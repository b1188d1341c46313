//! Pipelines within Markdown: a code block that begins with ` ```pipeline `. Its body is either `demo: <slug>` or a whole
//! pipeline in any dialect.
//!
//! What is shown changes with every run, so the sanitiser writes a marker and in it what stands there where nobody fills it:
//! a link, or the text. Nothing else can write such a marker: a `<` of an author is always text.

use std::borrow::Cow;

use regatta_domain::html::SafeHtml;
use regatta_domain::pipeline::{Diagnostic, Dialect, Problem, Reading};
use regatta_domain::slug::Slug;

use super::{Flaw, escape};

/// The first word behind the three backticks.
pub(super) const INFO: &str = "pipeline";

const OPENING: &str = "<pipeline-fence ";
const CLOSING: &str = "</pipeline-fence>";
const TEXT_OPENING: &str = "><pre tabindex=\"0\"><code>";
const TEXT_CLOSING: &str = "</code></pre>";

/// A pipeline within a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fence {
    /// A demo, by its slug.
    Demo(Slug),
    /// A whole pipeline.
    Text {
        /// What it is written in.
        dialect: Dialect,
        /// The text.
        source: String,
    },
}

/// A code block while it is gathered: its text, and where its pieces stand in the Markdown.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Where the block begins in the Markdown.
    pub offset: usize,
    body: String,
    /// For each piece, where it begins in `body` and in the Markdown.
    pieces: Vec<(usize, usize)>,
}

impl Gathered {
    /// A block that begins here.
    pub fn at(offset: usize) -> Self {
        Self { offset, ..Self::default() }
    }

    /// The next piece of its text.
    pub fn push(&mut self, text: &str, offset: usize) {
        self.pieces.push((self.body.len(), offset));
        self.body.push_str(text);
    }

    /// What the block means, and what is wrong with it; `None` where it can only be shown as text.
    pub fn read(&self) -> (Option<Fence>, Vec<Flaw>) {
        let body = self.body.trim();
        if let Some(slug) = body.strip_prefix("demo:").filter(|_| !body.contains('\n')) {
            return match slug.trim().parse() {
                Ok(slug) => (Some(Fence::Demo(slug)), Vec::new()),
                Err(why) => (None, vec![flaw(self.offset, format!("this is no demo’s name: {why}"), None)]),
            };
        }
        if body.is_empty() {
            let hint = Some("write `demo: <slug>`, or a whole pipeline".to_owned());
            return (None, vec![flaw(self.offset, "there is no pipeline in this block".to_owned(), hint)]);
        }
        let dialect = regatta_dialects::detect(&self.body);
        let reading = regatta_dialects::read(dialect, &self.body);
        (Some(Fence::Text { dialect, source: self.body.clone() }), self.flaws(&reading))
    }

    /// The mistakes of a pipeline, at their places in the Markdown. What only this playground does not do is no mistake of the
    /// text: the card tells it.
    fn flaws(&self, reading: &Reading) -> Vec<Flaw> {
        let mistakes = reading.diagnostics.iter().filter(|diagnostic| diagnostic.problem == Problem::Mistake);
        mistakes.map(|one| flaw(self.offset_of(one), one.message.clone(), one.hint.clone())).collect()
    }

    /// Where in the Markdown a place of the body is.
    fn offset_of(&self, diagnostic: &Diagnostic) -> usize {
        let line_start: usize =
            self.body.split_inclusive('\n').take(diagnostic.line.saturating_sub(1)).map(str::len).sum();
        let before = self.body[line_start..].chars().take(diagnostic.column.saturating_sub(1));
        let at = line_start + before.map(char::len_utf8).sum::<usize>();
        let piece = self.pieces.iter().rfind(|(begins, _)| *begins <= at);
        piece.map_or(self.offset, |(begins, offset)| offset + (at - begins))
    }
}

fn flaw(offset: usize, message: String, hint: Option<String>) -> Flaw {
    let hint = hint
        .map_or(Cow::Borrowed("the body of a `pipeline` block is a demo or a whole pipeline"), Cow::Owned);
    Flaw { offset, message, hint }
}

impl Fence {
    /// The marker, with what stands there where nobody fills it.
    pub(super) fn marker(&self) -> String {
        match self {
            Self::Demo(slug) => {
                format!(
                    "{OPENING}demo=\"{slug}\"><p><a href=\"/playground/{slug}\">Pipeline: {slug}</a></p>{CLOSING}\n"
                )
            }
            Self::Text { dialect, source } => {
                let (dialect, source) = (dialect.as_str(), escape(source));
                format!("{OPENING}dialect=\"{dialect}\"{TEXT_OPENING}{source}{TEXT_CLOSING}{CLOSING}\n")
            }
        }
    }

    /// The fence of a marker's inside.
    fn of_marker(inside: &str) -> Option<Self> {
        if let Some(rest) = inside.strip_prefix("demo=\"") {
            return rest.split('"').next()?.parse().ok().map(Self::Demo);
        }
        let (dialect, rest) = inside.strip_prefix("dialect=\"")?.split_once('"')?;
        let source = rest.strip_prefix(TEXT_OPENING)?.strip_suffix(TEXT_CLOSING)?;
        Some(Self::Text { dialect: Dialect::named(dialect)?, source: unescape(source) })
    }

    /// The pipelines within a text, in order.
    pub fn all_in(html: &SafeHtml) -> Vec<Self> {
        pieces(html.as_str()).filter_map(|piece| piece.inside).filter_map(Self::of_marker).collect()
    }

    /// The text with `cards` in the places of its pipelines, in order; what there is no card for stays as it is. The cards are
    /// HTML in which everything that is text is escaped.
    pub fn fill(html: &SafeHtml, cards: Vec<String>) -> SafeHtml {
        let mut cards = cards.into_iter();
        let mut filled = String::with_capacity(html.as_str().len());
        for piece in pieces(html.as_str()) {
            filled.push_str(piece.before);
            if let Some(inside) = piece.inside {
                match cards.next() {
                    Some(card) => filled.push_str(&card),
                    None => [OPENING, inside, CLOSING].into_iter().for_each(|part| filled.push_str(part)),
                }
            }
        }
        super::vouch(filled)
    }
}

/// HTML up to a marker, and the marker's inside.
struct Piece<'h> {
    before: &'h str,
    inside: Option<&'h str>,
}

fn pieces(html: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = Some(html);
    std::iter::from_fn(move || {
        let html = rest?;
        let marked =
            html.split_once(OPENING).and_then(|(before, from)| Some((before, from.split_once(CLOSING)?)));
        let Some((before, (inside, after))) = marked else {
            rest = None;
            return Some(Piece { before: html, inside: None });
        };
        rest = Some(after);
        Some(Piece { before, inside: Some(inside) })
    })
}

/// What [`escape`] was given.
fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}
