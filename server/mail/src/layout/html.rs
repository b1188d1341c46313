//! A message as HTML.

use std::fmt::Write as _;

use regatta_domain::language::Language;

use super::{Block, Fact};

/// The colours of the portal, by daylight in each element, because some programs drop the style sheet.
const SHEET: &str = "#f8f4ea";
const INK: &str = "#10213f";
const INK_SOFT: &str = "#43506a";
const LINE: &str = "#d8cfba";
const ACTION: &str = "#1245b5";
const ON_ACTION: &str = "#fffdf7";

/// The same by night, for programs that follow their reader's wish.
const STYLE: &str = "\
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .sheet { background-color: #0d131d !important; }
  .ink, .ink p { color: #eef0ea !important; }
  .soft, .ink .soft { color: #b0b9c8 !important; }
  .line { border-color: #2b3649 !important; }
  .mark { border-color: #9dbcff !important; }
  .ink a { color: #9dbcff !important; }
  .ink a.action { background-color: #9dbcff !important; border-color: #9dbcff !important; color: #0b1730 !important; }
}
";

/// What stands around a message in HTML.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The language of all of it.
    pub language: Language,
    /// What the document is called: the subject.
    pub title: &'a str,
    /// What lists of mails show beside the subject.
    pub preview: &'a str,
    /// Who writes; stands at the head.
    pub site: &'a str,
}

/// The message as a small HTML document: no pictures, nothing loaded, no tables; by day and by night.
pub fn html(frame: Frame<'_>, blocks: &[Block]) -> String {
    let mut body = String::new();
    push_masthead(&mut body, frame.site);
    for block in blocks {
        push(&mut body, block);
    }
    let (tag, title, preview) = (frame.language.tag(), escape(frame.title), escape(frame.preview));
    format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"supported-color-schemes\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body class=\"sheet\" style=\"margin:0;padding:0;background-color:{SHEET}\">\n\
         <div style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\">{preview}</div>\n\
         <div class=\"sheet ink\" lang=\"{tag}\" style=\"max-width:600px;padding:24px 20px 32px;background-color:{SHEET};\
         color:{INK};font:17px/1.55 system-ui,-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei',sans-serif\">\n\
         {body}</div>\n</body>\n</html>\n"
    )
}

/// The portal's name beside the flag that ships fly when they are about to sail: white in blue.
fn push_masthead(out: &mut String, site: &str) {
    line(
        out,
        &format!(
            "<p style=\"margin:0 0 26px;font-weight:700\"><span aria-hidden=\"true\" style=\"display:inline-block;\
             width:6px;height:6px;border:6px solid {ACTION};background-color:{ON_ACTION};margin-right:10px\"></span>{}</p>",
            escape(site)
        ),
    );
}

fn push(out: &mut String, block: &Block) {
    match block {
        Block::Paragraph(words) => paragraph(out, &escape(words)),
        Block::Facts(facts) => push_facts(out, facts),
        Block::List(items) => {
            let items: Vec<String> = items.iter().map(|item| format!("<li>{}</li>", escape(item))).collect();
            let items = items.join("\n");
            line(out, &format!("<ul style=\"margin:0 0 18px;padding-left:22px\">\n{items}\n</ul>"));
        }
        Block::Quote { label, lines } => {
            let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
            paragraph(out, &escape(label));
            line(
                out,
                &format!(
                    "<blockquote class=\"line\" style=\"margin:0 0 18px;padding:0 0 0 14px;border-left:3px solid {LINE}\">{}\
                     </blockquote>",
                    lines.join("<br>\n")
                ),
            );
        }
        Block::Action { label, url, help } => push_action(out, label, url, help),
        Block::Link { label, url } => paragraph(out, &link(label, url)),
        Block::Footer { lines, link: end, site, site_url } => {
            let mut said: Vec<String> = lines.iter().map(|line| escape(line)).collect();
            said.extend(end.iter().map(|(label, url)| link(label, url)));
            said.push(link(site, site_url));
            line(
                out,
                &format!(
                    "<p class=\"soft line\" style=\"margin:28px 0 0;padding:14px 0 0;border-top:1px solid {LINE};\
                     font-size:14px;color:{INK_SOFT}\">{}</p>",
                    said.join("<br>\n")
                ),
            );
        }
    }
}

fn push_facts(out: &mut String, facts: &[(String, Fact)]) {
    let facts: Vec<String> = facts.iter().map(|(name, fact)| fact_as_html(name, fact)).collect();
    line(
        out,
        &format!(
            "<div class=\"mark\" style=\"margin:0 0 18px;padding:4px 0 4px 14px;border-left:3px solid {ACTION}\">\n{}\n</div>",
            facts.join("\n")
        ),
    );
}

fn fact_as_html(name: &str, fact: &Fact) -> String {
    let value = match fact {
        Fact::Words(words) => format!("<b>{}</b>", escape(words)),
        Fact::Aside(words) => escape(words),
        Fact::Changed { now, was } => {
            format!(
                "<b>{}</b><br>\n<span class=\"soft\" style=\"color:{INK_SOFT}\">{}</span>",
                escape(now),
                escape(was)
            )
        }
    };
    format!(
        "<p style=\"margin:0 0 8px\"><span class=\"soft\" style=\"font-size:14px;color:{INK_SOFT}\">{}</span><br>\n\
         {value}</p>",
        escape(name)
    )
}

/// The button is a link with a border as wide as its padding would be: one program that matters ignores padding there.
fn push_action(out: &mut String, label: &str, url: &str, help: &str) {
    let (label, url, help) = (escape(label), escape(url), escape(help));
    line(
        out,
        &format!(
            "<p style=\"margin:24px 0 12px\"><a class=\"action\" href=\"{url}\" style=\"display:inline-block;\
             background-color:{ACTION};border:solid {ACTION};border-width:11px 20px;color:{ON_ACTION};font-weight:600;\
             line-height:1.3;text-decoration:none\">{label}</a></p>\n\
             <p class=\"soft\" style=\"margin:0 0 22px;font-size:14px;color:{INK_SOFT}\">{help}<br>\n\
             <a href=\"{url}\" style=\"color:{ACTION};word-break:break-all\">{url}</a></p>"
        ),
    );
}

fn link(label: &str, url: &str) -> String {
    format!("<a href=\"{}\" style=\"color:{ACTION}\">{}</a>", escape(url), escape(label))
}

fn paragraph(out: &mut String, html: &str) {
    line(out, &format!("<p style=\"margin:0 0 18px\">{html}</p>"));
}

fn line(out: &mut String, html: &str) {
    // Writing into a String cannot fail.
    let _ = writeln!(out, "{html}");
}

/// `text` with everything replaced that has a meaning in HTML, between tags or in a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
