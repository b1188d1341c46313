//! What comes out of Markdown, and what never does.

use proptest::prelude::*;
use regatta_domain::pipeline::Dialect;

use super::*;

fn html(markdown: &str) -> String {
    render(markdown, Within::Page, None).html.as_str().to_owned()
}

#[test]
fn every_kind_of_markdown_has_its_html() {
    let markdown = include_str!("everything.md");
    insta::assert_snapshot!(html(markdown));
}

#[test]
fn headings_begin_below_the_title_above_them() {
    assert_eq!(html("# A\n## B\n"), "<h2 id=\"s-a\">A</h2>\n<h3 id=\"s-b\">B</h3>\n");
    assert_eq!(html("## A\n### B\n"), "<h2 id=\"s-a\">A</h2>\n<h3 id=\"s-b\">B</h3>\n");
    let item = render("# A\n#### B\n", Within::AgendaItem, None).html;
    assert_eq!(item.as_str(), "<h4>A</h4>\n<h6>B</h6>\n");
}

#[test]
fn identities_of_headings_are_unique_and_speak_every_language() {
    let html = html("## One *two*\n## One two\n## 持续交付\n## !\n");
    for id in ["s-one-two", "s-one-two-2", "s-持续交付", "s-"] {
        assert!(html.contains(&format!("id=\"{id}\"")), "{id} in {html}");
    }
}

#[test]
fn a_text_may_be_in_another_language() {
    let rendered = render("你好", Within::Page, Some("zh"));
    assert_eq!(rendered.html.as_str(), "<div lang=\"zh\">\n<p>你好</p>\n</div>\n");
}

#[test]
fn a_flaw_is_told_where_it_is() {
    let flaws = render("ok\n\n[x](data:y)\n\n<div>\n<p>\n</div>\n", Within::Page, None).flaws;
    let offsets: Vec<usize> = flaws.iter().map(|flaw| flaw.offset).collect();
    assert_eq!(offsets, [4, 17], "one for the link, one for the block: {flaws:?}");
}

/// Attacks, each of which must come out as text or not at all.
const ATTACKS: [&str; 27] = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<div>\n<script>alert(1)</script>\n</div>",
    "<!--><script>alert(1)</script>-->",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#9;script:alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](\\javascript:alert(1))",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](//evil.example)",
    "![x](javascript:alert(1))",
    "![\" onerror=\"alert(1)](x.png)",
    "[x](/a\"onmouseover=\"alert(1))",
    "[x](/a 'title\" onclick=\"alert(1)')",
    "```\"><script>alert(1)</script>\nx\n```",
    "## \"><script>alert(1)</script>",
    "| \"><script>alert(1)</script> |\n|:-:|\n| x |",
    "<a href=\"x\" style=\"position:fixed\">x</a>",
    "```pipeline\n</code></pre></pipeline-fence><script>alert(1)</script>\n```",
    "```pipeline\ndemo: x\"><script>\n```",
    "<pipeline-fence demo=\"x\">",
];

#[test]
fn attacks_come_out_as_text() {
    for attack in ATTACKS {
        assert_only_known_markup(&html(attack));
        assert_only_known_markup(render(attack, Within::AgendaItem, Some("zh")).html.as_str());
    }
}

const ELEMENTS: [&str; 27] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "div",
    "em",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "img",
    "li",
    "ol",
    "p",
    "pipeline-fence",
    "pre",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];
const EMPTY: [&str; 3] = ["br", "hr", "img"];
const ATTRIBUTES: [&str; 15] = [
    "alt",
    "aria-label",
    "class",
    "demo",
    "dialect",
    "href",
    "id",
    "lang",
    "loading",
    "rel",
    "role",
    "scope",
    "src",
    "start",
    "tabindex",
];

/// Takes the HTML apart as a browser would and fails at anything that is not on the lists above, at addresses that
/// may not be linked, and at elements that do not nest.
fn assert_only_known_markup(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    for piece in html.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or_else(|| panic!("an open tag in {html}"));
        assert!(!text.contains('>'), "a stray > in {html}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{html}");
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(!name.is_empty() && ELEMENTS.contains(&name), "<{name}> in {html}");
        assert_only_known_attributes(attributes, html);
        if !EMPTY.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} left open in {html}");
}

fn assert_only_known_attributes(attributes: &str, html: &str) {
    let mut rest = attributes;
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("{rest} in {html}"));
        assert!(ATTRIBUTES.contains(&name), "{name} in {html}");
        let (value, after) = after.split_once('"').unwrap_or_else(|| panic!("{rest} in {html}"));
        if matches!(name, "href" | "src") {
            let url = value.replace("&#39;", "'").replace("&quot;", "\"").replace("&lt;", "<");
            let url = url.replace("&gt;", ">").replace("&amp;", "&");
            assert!(address::may_be_linked(&url), "{url} in {html}");
        }
        rest = after.trim_start();
    }
}

const PIPELINE: &str = "jobs:\n  main:\n    image: host-tools\n    steps:\n      - say: echo \"<&amp;>\"\n";

#[test]
fn a_pipeline_in_a_text_can_be_found_and_filled() {
    let rendered = render(
        &format!("a\n\n```pipeline\ndemo: first-steps\n```\n\nb\n\n```pipeline\n{PIPELINE}```\n"),
        Within::Page,
        None,
    );
    assert_eq!(rendered.flaws, []);
    assert_eq!(rendered.demos, [("first-steps".parse().unwrap(), 3)]);
    let text = Fence::Text { dialect: Dialect::Screwdriver, source: PIPELINE.to_owned() };
    assert_eq!(Fence::all_in(&rendered.html), [Fence::Demo("first-steps".parse().unwrap()), text]);
    assert!(
        rendered.html.as_str().contains("href=\"/playground/first-steps\""),
        "there is a link where nobody fills it"
    );
    let filled = Fence::fill(&rendered.html, vec!["<b>1</b>".into(), "<b>2</b>".into()]);
    assert_eq!(filled.as_str(), "<p>a</p>\n<b>1</b>\n<p>b</p>\n<b>2</b>\n");
    let partly = Fence::fill(&rendered.html, vec![]);
    assert_eq!(partly, rendered.html, "what has no card stays");
}

#[test]
fn a_mistake_in_a_pipeline_is_told_at_its_place() {
    let flawed = |markdown: &str| {
        let flaws = render(markdown, Within::Page, None).flaws;
        assert!(!flaws.is_empty(), "{markdown}");
        markdown[flaws[0].offset..].to_owned()
    };
    let broken = PIPELINE.replace("image:", "imag:");
    let rest = flawed(&format!("é\n\n```pipeline\n{broken}```\n"));
    assert!(rest.starts_with("imag:") || rest.starts_with("main:"), "{rest}");
    let quoted: String = format!("```pipeline\n{broken}```")
        .lines()
        .fold(String::new(), |all, line| format!("{all}> {line}\n"));
    let rest = flawed(&quoted);
    assert!(rest.starts_with("imag:") || rest.starts_with("main:"), "in a quotation too: {rest}");
    assert!(flawed("x\n\n```pipeline\ndemo: No Slug\n```").starts_with("```pipeline"));
    assert!(flawed("```pipeline\n\n```").starts_with("```pipeline"));
}

#[test]
fn a_pipeline_on_an_agenda_is_text() {
    let rendered = render(&format!("```pipeline\n{PIPELINE}```\n"), Within::AgendaItem, None);
    assert!(Fence::all_in(&rendered.html).is_empty() && rendered.html.as_str().contains("<pre"));
}

proptest! {
    #[test]
    fn a_fence_gives_back_its_text(source in "\\PC{1,200}") {
        let markdown = format!("~~~~~~pipeline\n{source}\n~~~~~~\n");
        let rendered = render(&markdown, Within::Page, None);
        for fence in Fence::all_in(&rendered.html) {
            if let Fence::Text { source: back, .. } = fence {
                prop_assert_eq!(back, format!("{source}\n"));
            }
        }
    }

    #[test]
    fn any_text_comes_out_as_known_markup(markdown in "\\PC{0,300}") {
        assert_only_known_markup(&html(&markdown));
    }

    #[test]
    fn anything_like_an_attack_comes_out_as_known_markup(
        pieces in prop::collection::vec(
            prop_oneof![
                prop::sample::select(&ATTACKS[..]).prop_map(str::to_owned),
                prop::sample::select(&["\n", "\n\n", "> ", "- ", "1. ", "    ", "|", "`", "*", "[", "](", ")", "!", "<", "\\", "# "][..])
                    .prop_map(str::to_owned),
                "[ -~]{0,8}",
            ],
            0..20,
        )
    ) {
        assert_only_known_markup(&html(&pieces.concat()));
    }
}
