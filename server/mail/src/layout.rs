//! From words to text and HTML: both are laid out from the same blocks, so that they say the same.

mod html;
mod text;
mod wrap;

pub use html::{Frame, escape, html};
pub use text::text;

/// What a message consists of. Labels are words already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(String),
    /// Facts, each with its name.
    Facts(Vec<(String, Fact)>),
    /// Several things of one kind.
    List(Vec<String>),
    /// What somebody else wrote.
    Quote {
        /// Who did.
        label: String,
        /// Their words.
        lines: Vec<String>,
    },
    /// The one thing to do, and where.
    Action {
        /// What following the link does.
        label: String,
        /// The address.
        url: String,
        /// What to do where buttons do not work.
        help: String,
    },
    /// A link for later.
    Link {
        /// What it leads to.
        label: String,
        /// The address.
        url: String,
    },
    /// What is said at the end, in small print.
    Footer {
        /// Why the mail came, and whom to ask.
        lines: Vec<String>,
        /// A link with its words.
        link: Option<(String, String)>,
        /// Who writes.
        site: String,
        /// Their first page.
        site_url: String,
    },
}

/// What a fact tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Words.
    Words(String),
    /// Words that matter less.
    Aside(String),
    /// Words that are true now, and what was true before.
    Changed {
        /// What is true.
        now: String,
        /// What was, said so: `instead of …`.
        was: String,
    },
}

#[cfg(test)]
mod tests;
