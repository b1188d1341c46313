//! What a message consists of when it is in words.

use regatta_domain::calendar::Method;
use regatta_domain::language::Language;

use crate::layout::{Block, Frame};
use crate::letter::Site;

/// A message in words, before it is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// In which language.
    pub language: Language,
    /// The subject line.
    pub subject: String,
    /// What lists of mails show beside the subject.
    pub preview: String,
    /// What follows, from greeting to small print.
    pub blocks: Vec<Block>,
    /// What the calendar part asks for, where the message carries one.
    pub calendar: Option<Method>,
    /// The list it was sent to, where it is one of many that one can end.
    pub list: Option<List>,
}

/// Mails of which one wanted all, until one wants no more (RFC 2919, RFC 8058).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// Its name in front of the portal's identity: letters, digits, hyphens and dots.
    pub id: String,
    /// Where a person or a program ends it.
    pub unsubscribe_url: String,
}

impl Content {
    /// What stands around it in HTML, on the sheet of `site`.
    pub fn frame<'a>(&'a self, site: &'a Site) -> Frame<'a> {
        Frame { language: self.language, title: &self.subject, preview: &self.preview, site: &site.name }
    }

    /// The same message with a calendar that asks for `method`.
    pub(super) fn with_calendar(self, method: Option<Method>) -> Self {
        Self { calendar: method, ..self }
    }

    /// The same message with these words beside the subject.
    pub(super) fn with_preview(self, preview: String) -> Self {
        Self { preview, ..self }
    }
}
