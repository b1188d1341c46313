//! What every page needs to know of the site it belongs to.

use std::sync::Arc;

use regatta_domain::event::Link;
use regatta_domain::site::Site;

/// The site around a page, the same for every request until its content changes.
#[derive(Clone, Debug)]
pub struct Shell {
    /// What the site says of itself.
    pub site: Arc<Site>,
    /// The address it is reached under, without a slash at the end: `https://cd.example.org`.
    pub base_url: String,
    /// Where its assets are.
    pub assets: Assets,
    /// Standing pages (privacy, code of conduct, imprint), linked at the foot of every page.
    pub standing: Vec<Link>,
    /// Development mode: pages point to the mail that was kept.
    pub development: bool,
}

/// Paths of assets, whose names carry a hash of their content.
#[derive(Clone, Debug)]
pub struct Assets {
    /// The stylesheet.
    pub stylesheet: String,
    /// The module of custom elements.
    pub elements_js: String,
    /// The module that brings islands to life; named on pages with a live island only, absent where no WebAssembly was
    /// built.
    pub islands_boot_js: Option<String>,
    /// The module of the pipeline editor; named on the pages that have one, absent where it was not bundled.
    pub editor_js: Option<String>,
    /// The name mark as an SVG icon (`style/icon.svg`).
    pub icon: String,
    /// Fonts that the first screen of every page needs, fetched early.
    pub preload_fonts: Vec<String>,
}

impl Shell {
    /// The absolute address of a path of this site.
    pub fn absolute(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }
}
