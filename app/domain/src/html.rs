//! HTML that may be put on a page as it is.

/// HTML that the sanitiser vouches for. Everything else is escaped where it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// Vouches for `html`. Only the sanitiser in `server/content` may call this; clippy refuses it everywhere else.
    pub fn trust(html: String) -> Self {
        Self(html)
    }

    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }
}
