//! Markdown to HTML that may be put on a page as it is.
//!
//! The writer below knows a closed list of elements and attributes and escapes everything else, so that what comes out
//! does not depend on finding what is dangerous in what goes in. Raw HTML becomes visible text; addresses are of a
//! closed list of schemes; nothing carries a `style` or an event handler.

mod fence;

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};
use regatta_domain::html::SafeHtml;
use regatta_domain::slug::Slug;

use crate::address;
pub use fence::Fence;
use fence::Gathered;

/// Rendered Markdown, and what in it could not be rendered as it was meant.
#[derive(Debug)]
pub struct Rendered {
    /// The HTML.
    pub html: SafeHtml,
    /// What was left out or shown as text.
    pub flaws: Vec<Flaw>,
    /// The demos that it shows, each with the byte offset at which it is named.
    pub demos: Vec<(Slug, usize)>,
}

/// Something in the Markdown that is not shown as it was meant.
#[derive(Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Where it is: a byte offset into the Markdown.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Cow<'static, str>,
}

/// Where the text will stand, which decides on its headings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// Below a page's title: headings begin at level 2 and can be linked to.
    Page,
    /// Below an agenda item's title: headings begin at level 4, and have no identities of their own, because several
    /// such texts share a page.
    AgendaItem,
}

/// Renders `markdown`, in the language `lang` where that is not the page's own.
pub fn render(markdown: &str, within: Within, lang: Option<&str>) -> Rendered {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let events: Vec<_> = Parser::new_ext(markdown, options).into_offset_iter().collect();
    let mut writer = Writer::new(within, &events);
    if let Some(lang) = lang {
        writer.out.push_str("<div lang=\"");
        writer.text(lang);
        writer.out.push_str("\">\n");
    }
    for at in 0..events.len() {
        writer.event(&events, at);
    }
    if lang.is_some() {
        writer.out.push_str("</div>\n");
    }
    Rendered { html: vouch(writer.out), flaws: writer.flaws, demos: writer.demos }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where HTML is made: the writer escapes what it is given"
)]
fn vouch(html: String) -> SafeHtml {
    SafeHtml::trust(html)
}

type Located<'t> = (Event<'t>, Range<usize>);

struct Writer {
    out: String,
    flaws: Vec<Flaw>,
    demos: Vec<(Slug, usize)>,
    /// The open pipeline, while its text is gathered.
    pipeline: Option<Gathered>,
    within: Within,
    /// What is added to a heading's level, so that the text's highest headings stand right below the title above them.
    shift: i8,
    /// Identities that headings have taken.
    ids: HashSet<String>,
    /// For each open link, whether it became one.
    links: Vec<bool>,
    /// The open image, while its alternative text is gathered.
    image: Option<Image>,
    /// The alignments of the open table's columns.
    columns: Vec<Alignment>,
    column: usize,
    in_head: bool,
}

struct Image {
    alt: String,
    /// Where it can be fetched, if it may.
    src: Option<String>,
    /// How many images are open within it.
    depth: usize,
}

impl Writer {
    fn new(within: Within, events: &[Located<'_>]) -> Self {
        let levels = events.iter().filter_map(|(event, _)| match event {
            Event::Start(Tag::Heading { level, .. }) => Some(number(*level)),
            _ => None,
        });
        let top = match within {
            Within::Page => 2,
            Within::AgendaItem => 4,
        };
        Self {
            out: String::new(),
            flaws: Vec::new(),
            demos: Vec::new(),
            pipeline: None,
            within,
            shift: top - levels.min().unwrap_or(top),
            ids: HashSet::new(),
            links: Vec::new(),
            image: None,
            columns: Vec::new(),
            column: 0,
            in_head: false,
        }
    }

    fn event(&mut self, events: &[Located<'_>], at: usize) {
        let (event, range) = &events[at];
        if self.image.is_some() {
            self.gather_alt(event);
            return;
        }
        if self.pipeline.is_some() {
            self.gather_pipeline(event, range.start);
            return;
        }
        match event {
            Event::Start(tag) => self.start(tag, range.start, &events[at..]),
            Event::End(tag) => self.end(*tag),
            Event::Text(text) => self.text(text),
            Event::Html(html) | Event::InlineHtml(html) => self.raw_html(html, range.start),
            Event::Code(code) => {
                self.out.push_str("<code>");
                self.text(code);
                self.out.push_str("</code>");
            }
            Event::SoftBreak => self.out.push('\n'),
            Event::HardBreak => self.out.push_str("<br>\n"),
            Event::Rule => self.out.push_str("<hr>\n"),
            // Extensions that are not switched on; their text is text.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.text(text);
            }
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, offset: usize, ahead: &[Located<'_>]) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.out.push_str("<p>"),
            Tag::Heading { level, .. } => self.start_heading(*level, ahead),
            Tag::BlockQuote(_) => self.out.push_str("<blockquote>\n"),
            Tag::CodeBlock(CodeBlockKind::Fenced(info))
                if self.within == Within::Page && info.trim() == fence::INFO =>
            {
                self.pipeline = Some(Gathered::at(offset));
            }
            Tag::CodeBlock(kind) => self.start_code(kind),
            Tag::List(None) => self.out.push_str("<ul>\n"),
            Tag::List(Some(1)) => self.out.push_str("<ol>\n"),
            Tag::List(Some(first)) => self.put(&["<ol start=\"", &first.to_string(), "\">\n"]),
            Tag::Item => self.out.push_str("<li>"),
            Tag::Table(columns) => self.start_table(columns, ahead),
            Tag::TableHead => {
                self.in_head = true;
                self.column = 0;
                self.out.push_str("<thead><tr>");
            }
            Tag::TableRow => {
                self.column = 0;
                self.out.push_str("<tr>");
            }
            Tag::TableCell => self.start_cell(),
            Tag::Emphasis => self.out.push_str("<em>"),
            Tag::Strong => self.out.push_str("<strong>"),
            Tag::Strikethrough => self.out.push_str("<del>"),
            Tag::Link { link_type, dest_url, .. } => self.start_link(*link_type, dest_url, offset),
            Tag::Image { dest_url, .. } => self.start_image(dest_url, offset),
            // Extensions that are not switched on.
            Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        let closing = match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => "</p>\n",
            TagEnd::Heading(level) => {
                self.put(&["</", self.heading(level), ">\n"]);
                return;
            }
            TagEnd::BlockQuote(_) => "</blockquote>\n",
            TagEnd::CodeBlock => "</code></pre>\n",
            TagEnd::List(true) => "</ol>\n",
            TagEnd::List(false) => "</ul>\n",
            TagEnd::Item => "</li>\n",
            TagEnd::Table => "</tbody></table></div>\n",
            TagEnd::TableHead => {
                self.in_head = false;
                "</tr></thead>\n<tbody>\n"
            }
            TagEnd::TableRow => "</tr>\n",
            TagEnd::TableCell => {
                self.column += 1;
                if self.in_head { "</th>" } else { "</td>" }
            }
            TagEnd::Emphasis => "</em>",
            TagEnd::Strong => "</strong>",
            TagEnd::Strikethrough => "</del>",
            TagEnd::Link if self.links.pop() == Some(true) => "</a>",
            _ => "",
        };
        self.out.push_str(closing);
    }

    /// The element of a heading; the page's own title is the only `h1`.
    fn heading(&self, level: HeadingLevel) -> &'static str {
        match number(level) + self.shift {
            ..=2 => "h2",
            3 => "h3",
            4 => "h4",
            5 => "h5",
            _ => "h6",
        }
    }

    fn start_heading(&mut self, level: HeadingLevel, ahead: &[Located<'_>]) {
        self.put(&["<", self.heading(level)]);
        if self.within == Within::Page {
            let words = plain_text(ahead, |event| matches!(event, Event::End(TagEnd::Heading(_))));
            let id = self.free_id(&words);
            self.out.push_str(" id=\"");
            self.text(&id);
            self.out.push('"');
        }
        self.out.push('>');
    }

    /// An identity that no other heading has. The prefix keeps it apart from the identities of the page around it.
    fn free_id(&mut self, words: &str) -> String {
        let spaced: String =
            words.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
        let wanted = format!("s-{}", spaced.split_whitespace().collect::<Vec<_>>().join("-"));
        let mut id = wanted.clone();
        let mut count = 1;
        while !self.ids.insert(id.clone()) {
            count += 1;
            id = format!("{wanted}-{count}");
        }
        id
    }

    fn start_code(&mut self, kind: &CodeBlockKind<'_>) {
        // A long line scrolls, and what scrolls must be reachable by keyboard.
        self.out.push_str("<pre tabindex=\"0\"><code");
        if let CodeBlockKind::Fenced(info) = kind {
            let name: String = info.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
            if !name.is_empty() {
                self.put(&[" class=\"language-", &name, "\""]);
            }
        }
        self.out.push('>');
    }

    fn gather_pipeline(&mut self, event: &Event<'_>, offset: usize) {
        let Some(pipeline) = &mut self.pipeline else { return };
        match event {
            Event::Text(text) => pipeline.push(text, offset),
            Event::End(TagEnd::CodeBlock) => self.end_pipeline(),
            _ => {}
        }
    }

    fn end_pipeline(&mut self) {
        let Some(pipeline) = self.pipeline.take() else { return };
        let (fence, flaws) = pipeline.read();
        self.flaws.extend(flaws);
        if let Some(Fence::Demo(slug)) = &fence {
            self.demos.push((slug.clone(), pipeline.offset));
        }
        self.out.push_str(&fence.map_or_else(String::new, |fence| fence.marker()));
    }

    fn start_table(&mut self, columns: &[Alignment], ahead: &[Located<'_>]) {
        self.columns = columns.to_vec();
        let head = ahead.split(|(event, _)| matches!(event, Event::Start(Tag::TableCell)));
        let names = head
            .skip(1)
            .take(columns.len())
            .map(|cell| plain_text(cell, |event| matches!(event, Event::End(TagEnd::TableCell))))
            .filter(|name| !name.is_empty());
        let names = names.collect::<Vec<_>>().join(", ");
        self.out.push_str("<div class=\"table-scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table");
        if !names.is_empty() {
            self.out.push_str(": ");
            self.text(&names);
        }
        self.out.push_str("\"><table>\n");
    }

    fn start_cell(&mut self) {
        let opening = if self.in_head { "<th scope=\"col\"" } else { "<td" };
        self.out.push_str(opening);
        self.out.push_str(match self.columns.get(self.column) {
            Some(Alignment::Left) => " class=\"align-left\">",
            Some(Alignment::Center) => " class=\"align-center\">",
            Some(Alignment::Right) => " class=\"align-right\">",
            Some(Alignment::None) | None => ">",
        });
    }

    fn start_link(&mut self, link_type: LinkType, url: &str, offset: usize) {
        let mail = format!("mailto:{url}");
        let url = if link_type == LinkType::Email { mail.as_str() } else { url };
        self.links.push(address::may_be_linked(url));
        if !address::may_be_linked(url) {
            self.flaws.push(Flaw {
                offset,
                message: "this link is left out: its address is none that a page may point to".to_owned(),
                hint: "use https:, http:, mailto: or a path of this site".into(),
            });
            return;
        }
        self.out.push_str("<a href=\"");
        self.text(url);
        self.out.push_str(if address::is_external(url) { "\" rel=\"noopener\">" } else { "\">" });
    }

    fn start_image(&mut self, url: &str, offset: usize) {
        let src = address::is_local(url).then(|| url.to_owned());
        if src.is_none() {
            self.flaws.push(Flaw {
                offset,
                message: "this image is left out: images come from this site only".to_owned(),
                hint:
                    "a page must not tell its visitors' addresses to other sites; link to the image instead"
                        .into(),
            });
        }
        self.image = Some(Image { alt: String::new(), src, depth: 0 });
    }

    fn gather_alt(&mut self, event: &Event<'_>) {
        let Some(image) = &mut self.image else { return };
        match event {
            Event::Start(Tag::Image { .. }) => image.depth += 1,
            Event::End(TagEnd::Image) if image.depth > 0 => image.depth -= 1,
            Event::End(TagEnd::Image) => self.end_image(),
            Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) => image.alt.push_str(text),
            Event::SoftBreak | Event::HardBreak => image.alt.push(' '),
            _ => {}
        }
    }

    fn end_image(&mut self) {
        let Some(image) = self.image.take() else { return };
        let Some(src) = image.src else {
            self.text(&image.alt);
            return;
        };
        self.out.push_str("<img src=\"");
        self.text(&src);
        self.out.push_str("\" alt=\"");
        self.text(&image.alt);
        self.out.push_str("\" loading=\"lazy\">");
    }

    fn raw_html(&mut self, html: &str, offset: usize) {
        // A block of HTML comes line by line; one word about its first line is enough.
        let told =
            self.flaws.last().is_some_and(|flaw| flaw.hint == RAW_HTML_HINT && flaw.offset + 200 > offset);
        if !told && !html.trim().is_empty() {
            let message = "HTML is shown as text, not as what it means".to_owned();
            self.flaws.push(Flaw { offset, message, hint: RAW_HTML_HINT.into() });
        }
        self.text(html);
    }

    /// Markup of the writer's own.
    fn put(&mut self, parts: &[&str]) {
        for part in parts {
            self.out.push_str(part);
        }
    }

    /// Text, or the inside of a quoted attribute.
    fn text(&mut self, text: &str) {
        self.out.push_str(&escape(text));
    }
}

/// Text as HTML, also for the inside of a quoted attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\0' => escaped.push('\u{fffd}'),
            _ => escaped.push(c),
        }
    }
    escaped
}

const RAW_HTML_HINT: &str = "use Markdown; a `<` that is meant as such is written `\\<`";

fn number(level: HeadingLevel) -> i8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

/// The words up to the event that ends them.
fn plain_text(events: &[Located<'_>], ends: impl Fn(&Event<'_>) -> bool) -> String {
    let mut words = String::new();
    for (event, _) in events.iter().take_while(|(event, _)| !ends(event)) {
        match event {
            Event::Text(text) | Event::Code(text) => words.push_str(text),
            Event::SoftBreak | Event::HardBreak => words.push(' '),
            _ => {}
        }
    }
    words.trim().to_owned()
}

#[cfg(test)]
mod tests;
