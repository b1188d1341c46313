use regatta_domain::language::Language;
use regatta_language::Words;

use super::*;

fn every_block_with(words: &str, url: &str) -> Vec<Block> {
    let (words, url) = (words.to_owned(), url.to_owned());
    let changed = Fact::Changed { now: words.clone(), was: words.clone() };
    vec![
        Block::Paragraph(words.clone()),
        Block::Facts(vec![
            (words.clone(), Fact::Words(words.clone())),
            (words.clone(), Fact::Aside(words.clone())),
            (words.clone(), changed),
        ]),
        Block::List(vec![words.clone()]),
        Block::Quote { label: words.clone(), lines: vec![words.clone()] },
        Block::Action { label: words.clone(), url: url.clone(), help: words.clone() },
        Block::Link { label: words.clone(), url: url.clone() },
        Block::Footer {
            lines: vec![words.clone()],
            link: Some((words.clone(), url.clone())),
            site: words,
            site_url: url,
        },
    ]
}

#[test]
fn nothing_that_is_said_becomes_markup() {
    let hostile = "</title></p><script>\"'&";
    let blocks = every_block_with(hostile, "https://example.org/\"><script>");
    let frame = Frame { language: Language::English, title: hostile, preview: hostile, site: hostile };
    let document = html(frame, &blocks);
    assert!(!document.contains("<script"), "{document}");
    assert_eq!(document.matches("</title>").count(), 1);
    assert!(document.contains("&lt;/title&gt;&lt;/p&gt;&lt;script&gt;&quot;&#39;&amp;"));
}

#[test]
fn nothing_is_loaded() {
    let frame = Frame { language: Language::Chinese, title: "t", preview: "p", site: "s" };
    let document = html(frame, &every_block_with("words", "https://example.org/"));
    for loads in ["<img", "<link", "src=", "url(", "@import", "<script", "<table"] {
        assert!(!document.contains(loads), "{loads}");
    }
    assert!(document.contains("<html lang=\"zh\">"));
}

#[test]
fn addresses_stand_alone_on_their_lines() {
    let url = format!("https://example.org/{}", "x".repeat(100));
    for language in Language::ALL {
        let text = text(Words::of(language), &every_block_with("words", &url));
        assert_eq!(text.lines().filter(|line| *line == url).count(), 4);
        assert_eq!(text.matches(&url).count(), 4);
    }
}

#[test]
fn facts_say_what_was() {
    let changed = Fact::Changed { now: "18:30".into(), was: "instead of 18:00".into() };
    let blocks = [Block::Facts(vec![("When".into(), changed)])];
    assert_eq!(text(Words::of(Language::English), &blocks), "When: 18:30\n  instead of 18:00\n");
}
