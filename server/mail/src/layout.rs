//! From words to text and HTML: both are laid out from the same blocks, so that they say the same.

use std::fmt::Write as _;

/// The longest line of the text part, in characters; long words and addresses stand alone.
const TEXT_WIDTH: usize = 72;

/// What a message consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(String),
    /// Facts, each with its name.
    Facts(Vec<(&'static str, Fact)>),
    /// The one thing to do, and where.
    Action {
        /// What following the link does.
        label: &'static str,
        /// The address.
        url: String,
    },
    /// A link for later.
    Link {
        /// What it leads to.
        label: &'static str,
        /// The address.
        url: String,
    },
    /// What is said at the end, in small print.
    Footer(String),
}

/// What a fact tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Words.
    Words(String),
    /// The address of a page.
    Page(String),
}

/// The message as plain text, wrapped, lines ending in LF.
pub fn text(blocks: &[Block]) -> String {
    let paragraphs: Vec<String> = blocks.iter().map(text_of).collect();
    paragraphs.join("\n\n") + "\n"
}

fn text_of(block: &Block) -> String {
    match block {
        Block::Paragraph(words) => wrap(words),
        Block::Facts(facts) => {
            let lines = facts.iter().map(|(name, fact)| match fact {
                Fact::Words(value) | Fact::Page(value) => format!("{name}: {value}"),
            });
            lines.collect::<Vec<_>>().join("\n")
        }
        Block::Action { label, url } | Block::Link { label, url } => format!("{label}:\n{url}"),
        Block::Footer(words) => format!("-- \n{}", wrap(words)),
    }
}

fn wrap(words: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for word in words.split_whitespace() {
        let len = word.chars().count();
        if width > 0 && width + 1 + len > TEXT_WIDTH {
            out.push('\n');
            width = 0;
        } else if width > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += len;
    }
    out
}

/// The message as a small HTML document: no pictures, nothing loaded, colours left to the reader's light or dark mode.
pub fn html(title: &str, blocks: &[Block]) -> String {
    let mut body = String::new();
    for block in blocks {
        push_html(&mut body, block);
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n</head>\n\
         <body style=\"margin:0;padding:24px;font:17px/1.5 system-ui,sans-serif\">\n\
         <div style=\"max-width:34em\">\n{body}</div>\n</body>\n</html>\n",
        escape(title)
    )
}

fn push_html(out: &mut String, block: &Block) {
    // Writing into a String cannot fail.
    let _ = match block {
        Block::Paragraph(words) => writeln!(out, "<p>{}</p>", escape(words)),
        Block::Facts(facts) => {
            let lines =
                facts.iter().map(|(name, fact)| format!("<b>{}:</b> {}", escape(name), html_of(fact)));
            writeln!(out, "<p>\n{}\n</p>", lines.collect::<Vec<_>>().join("<br>\n"))
        }
        Block::Action { label, url } => {
            let url = escape(url);
            writeln!(
                out,
                "<p><a href=\"{url}\" style=\"display:inline-block;padding:10px 18px;background:#1a4fd0;\
                 color:#ffffff;font-weight:600;text-decoration:none\">{}</a></p>\n\
                 <p style=\"font-size:14px\">If the button does not work, copy this address into your browser:<br>\n\
                 <a href=\"{url}\" style=\"word-break:break-all\">{url}</a></p>",
                escape(label)
            )
        }
        Block::Link { label, url } => {
            writeln!(out, "<p><a href=\"{}\">{}</a></p>", escape(url), escape(label))
        }
        Block::Footer(words) => {
            writeln!(out, "<hr>\n<p style=\"font-size:14px\">{}</p>", escape(words))
        }
    };
}

fn html_of(fact: &Fact) -> String {
    match fact {
        Fact::Words(words) => escape(words),
        Fact::Page(url) => format!("<a href=\"{0}\">{0}</a>", escape(url)),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_paragraphs_are_wrapped_and_long_words_left_whole() {
        let words = format!("{} {}", "word ".repeat(40), "x".repeat(100));
        let laid_out = text(&[Block::Paragraph(words)]);
        let lines: Vec<&str> = laid_out.lines().collect();
        assert!(lines.len() > 3);
        assert!(lines[..lines.len() - 1].iter().all(|line| line.len() <= TEXT_WIDTH));
        assert_eq!(lines.last().unwrap().len(), 100);
    }

    #[test]
    fn nothing_that_is_said_becomes_markup() {
        let hostile = "</title></p><script>\"'&".to_owned();
        let url = "https://example.org/\"><script>".to_owned();
        let document = html(
            &hostile,
            &[
                Block::Paragraph(hostile.clone()),
                Block::Facts(vec![("When", Fact::Words(hostile.clone())), ("More", Fact::Page(url.clone()))]),
                Block::Action { label: "Go", url: url.clone() },
                Block::Link { label: "See", url },
                Block::Footer(hostile.clone()),
            ],
        );
        assert!(!document.contains("<script"), "{document}");
        assert_eq!(document.matches("</title>").count(), 1);
        assert!(document.contains("&lt;/title&gt;&lt;/p&gt;&lt;script&gt;&quot;&#39;&amp;"));
    }
}
