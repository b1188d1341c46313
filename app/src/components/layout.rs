//! The document around every page: head, masthead, main, foot.

use leptos::prelude::*;

use super::hoist::{Hoisting, flags, hoist};
use crate::paths;
use crate::render;
use crate::shell::Shell;

/// A page before its document is put around it.
pub struct Page {
    /// Its own title; the site's name is added. The first page has none of its own.
    pub title: Option<String>,
    /// One or two sentences for search engines and previews.
    pub description: String,
    /// Its path, where it has one address under which it may be indexed.
    pub path: Option<String>,
    /// The section of the site it belongs to.
    pub section: Option<Section>,
    /// Structured data as JSON-LD, safe to stand in a script element.
    pub structured_data: Option<String>,
    /// What is in `<main>`, with the one `<h1>`.
    pub main: AnyView,
}

/// The sections of the site, in the order of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Meetups.
    Events,
    /// Ambassadors.
    Ambassadors,
    /// Posts.
    Posts,
    /// The playground and its runs.
    Playground,
    /// What the demos did lately.
    Showcase,
}

impl Section {
    const ALL: [Self; 5] = [Self::Events, Self::Ambassadors, Self::Posts, Self::Playground, Self::Showcase];

    fn title(self) -> &'static str {
        match self {
            Self::Events => "Meetups",
            Self::Ambassadors => "Ambassadors",
            Self::Posts => "Posts",
            Self::Playground => "Playground",
            Self::Showcase => "Showcase",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Events => paths::EVENTS,
            Self::Ambassadors => paths::AMBASSADORS,
            Self::Posts => paths::POSTS,
            Self::Playground => paths::PLAYGROUND,
            Self::Showcase => paths::SHOWCASE,
        }
    }
}

impl Page {
    /// The whole document, plain HTML.
    pub fn render(self, shell: &Shell) -> String {
        render::document(|| self.document(shell, None))
    }

    /// The whole document, plain HTML that is complete without `module`, which makes it more comfortable.
    pub fn render_with(self, shell: &Shell, module: Option<String>) -> String {
        render::document(|| self.document(shell, module))
    }

    /// The whole document with a main part of reactive components, which are built inside the renderer. Where it is
    /// `live`, they are islands, and the module that brings them to life is named.
    pub fn render_reactive(mut self, shell: &Shell, live: bool, main: impl FnOnce() -> AnyView) -> String {
        let boot = shell.assets.islands_boot_js.clone().filter(|_| live);
        let view = || {
            self.main = main();
            self.document(shell, boot)
        };
        if live { render::document_with_islands(view) } else { render::document(view) }
    }

    fn document(self, shell: &Shell, boot: Option<String>) -> AnyView {
        let head = self.head(shell, boot);
        let Self { section, path, main, .. } = self;
        view! {
            <html lang="en">
                {head}
                <body>
                    <a class="skip-link" href="#main">"Skip to the content"</a>
                    {masthead(shell, section, path.as_deref())}
                    <main id="main" tabindex="-1">{main}</main>
                    {foot(shell)}
                </body>
            </html>
        }
        .into_any()
    }

    fn head(&self, shell: &Shell, boot: Option<String>) -> AnyView {
        let assets = &shell.assets;
        let title = match &self.title {
            Some(own) => document_title(own, &shell.site.name),
            None if shell.site.tagline.is_empty() => shell.site.name.clone(),
            None => format!("{} · {}", shell.site.name, shell.site.tagline),
        };
        view! {
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <title>{title.clone()}</title>
                <meta name="description" content=self.description.clone()/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" content="#f8f4ea" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#0d131d" media="(prefers-color-scheme: dark)"/>
                {self.addresses(shell, title)}
                <link rel="icon" href=assets.icon.clone() type="image/svg+xml"/>
                {assets
                    .preload_fonts
                    .iter()
                    .map(|font| {
                        view! { <link rel="preload" href=font.clone() r#as="font" type="font/woff2" crossorigin="anonymous"/> }
                    })
                    .collect_view()}
                <link rel="stylesheet" href=assets.stylesheet.clone()/>
                <script type="module" src=assets.elements_js.clone()></script>
                {boot.map(|src| view! { <script type="module" src=src></script> })}
                {self
                    .structured_data
                    .clone()
                    .map(|json| view! { <script type="application/ld+json" inner_html=json></script> })}
            </head>
        }
        .into_any()
    }

    /// The canonical address and what previews show; pages without an address of their own are not to be indexed.
    fn addresses(&self, shell: &Shell, title: String) -> AnyView {
        let Some(path) = &self.path else {
            return view! { <meta name="robots" content="noindex"/> }.into_any();
        };
        let url = shell.absolute(path);
        view! {
            <link rel="canonical" href=url.clone()/>
            {open_graph("og:type", "website".to_owned())}
            {open_graph("og:site_name", shell.site.name.clone())}
            {open_graph("og:title", title)}
            {open_graph("og:description", self.description.clone())}
            {open_graph("og:url", url)}
        }
        .into_any()
    }
}

/// Search engines and tabs cut longer titles anywhere.
const TITLE_CHARS: usize = 70;

/// A page's own title with the site's name behind it where there is room; a title too long for itself is cut at a word.
fn document_title(own: &str, site: &str) -> String {
    let full = format!("{own} · {site}");
    if full.chars().count() <= TITLE_CHARS {
        return full;
    }
    if own.chars().count() <= TITLE_CHARS {
        return own.to_owned();
    }
    let short: String = own.chars().take(TITLE_CHARS - 1).collect();
    let words = short.rsplit_once(' ').map_or(short.as_str(), |(words, _)| words);
    format!("{}…", words.trim_end_matches([',', ':', ';', ' ']))
}

/// A property of the Open Graph protocol, by which messengers show previews.
fn open_graph(property: &'static str, content: String) -> AnyView {
    leptos::html::meta().attr("property", property).content(content).into_any()
}

fn masthead(shell: &Shell, current: Option<Section>, path: Option<&str>) -> AnyView {
    let entry = |section: Section| {
        // The section's own page is "page"; a page below it only lies in that section.
        let here = match (current == Some(section), path == Some(section.path())) {
            (true, true) => Some("page"),
            (true, false) => Some("true"),
            _ => None,
        };
        view! { <li><a href=section.path() aria-current=here>{section.title()}</a></li> }
    };
    view! {
        <header class="masthead">
            <a class="mark" href=paths::HOME aria-current=(path == Some(paths::HOME)).then_some("page")>
                {flags(&['R'], Hoisting::Row)}
                <span>{shell.site.name.clone()}</span>
            </a>
            <nav class="sections" aria-label="Sections">
                <ul>{Section::ALL.map(entry).collect_view()}</ul>
            </nav>
        </header>
    }
    .into_any()
}

fn foot(shell: &Shell) -> AnyView {
    let standing = shell.standing.iter().map(|link| {
        view! { <li><a href=link.url.clone()>{link.title.clone()}</a></li> }
    });
    let mail = shell.development.then(|| {
        view! {
            <p class="foot-development">
                "Development mode: mail is kept on this machine. " <a href=paths::DEV_MAIL>"Read the mail"</a> "."
            </p>
        }
    });
    view! {
        <footer class="foot">
            <div class="foot-flags">{flags(&['R', 'E', 'G', 'A', 'T', 'T', 'A'], Hoisting::Row)}</div>
            <p class="foot-tagline">{shell.site.tagline.clone()}</p>
            <nav aria-label="About this site">
                <ul>{standing.collect_view()}</ul>
            </nav>
            {mail}
        </footer>
    }
    .into_any()
}

/// The title of a page that comes back with something to put right, which those who hear it learn first.
pub fn problem_title(title: &str) -> String {
    format!("Problem: {title}")
}

/// The head of a page: what kind of page it is, its title, what it is about in a sentence, and its hoist.
pub fn page_head(kind: &'static str, title: &str, lede: Option<&str>, slug: &str) -> AnyView {
    head_with("page-head", kind, title, None, lede, hoist(slug, Hoisting::Column))
}

/// The head of a page whose work is further down: small, so that the work begins in sight.
pub fn compact_head(kind: &'static str, title: &str, lede: Option<&str>, slug: &str) -> AnyView {
    head_with("page-head page-head-compact", kind, title, None, lede, hoist(slug, Hoisting::Row))
}

/// The head of a person's page: what they do and where stands right under the name.
pub fn person_head(title: &str, meta: Option<AnyView>, lede: &str, slug: &str) -> AnyView {
    head_with("page-head", "Ambassador", title, meta, Some(lede), hoist(slug, Hoisting::Column))
}

fn head_with(
    class: &'static str,
    kind: &'static str,
    title: &str,
    meta: Option<AnyView>,
    lede: Option<&str>,
    hoist: AnyView,
) -> AnyView {
    view! {
        <header class=class>
            <div class="page-head-words">
                <p class="kicker">{kind}</p>
                <h1>{title.to_owned()}</h1>
                {meta}
                {lede.map(|lede| view! { <p class="lede">{lede.to_owned()}</p> })}
            </div>
            <div class="page-head-hoist">{hoist}</div>
        </header>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::{TITLE_CHARS, document_title};

    #[test]
    fn a_title_gives_up_the_site_before_its_own_words() {
        assert_eq!(document_title("Meetups", "Regatta"), "Meetups · Regatta");
        let long = "x".repeat(TITLE_CHARS - 5);
        assert_eq!(document_title(&long, "Regatta"), long);
        let words = "sails and lines, ".repeat(6);
        let cut = document_title(&words, "Regatta");
        assert!(cut.chars().count() <= TITLE_CHARS && cut.ends_with("lines…"), "{cut}");
    }
}
