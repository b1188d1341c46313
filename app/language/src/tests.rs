//! What holds for the whole catalogue, and how times read.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast;
use jiff::Timestamp;
use regatta_domain::event::EventTime;
use regatta_domain::language::Language;

use crate::words::{Words, sources};

/// Each message of a language with the variables it uses, those of messages it refers to left out.
fn catalogue(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages = BTreeMap::new();
    for source in sources(language) {
        let resource =
            fluent_syntax::parser::parse(source).unwrap_or_else(|(_, errors)| panic!("{errors:?}"));
        for entry in resource.body {
            let ast::Entry::Message(message) = entry else { continue };
            let mut variables = BTreeSet::new();
            variables_of_pattern(message.value.as_ref().unwrap(), &mut variables);
            let known = messages.insert(message.id.name.to_owned(), variables);
            assert!(known.is_none(), "{} is there twice in {language:?}", message.id.name);
        }
    }
    messages
}

fn variables_of_pattern(pattern: &ast::Pattern<&str>, found: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let ast::PatternElement::Placeable { expression } = element {
            variables_of_expression(expression, found);
        }
    }
}

fn variables_of_expression(expression: &ast::Expression<&str>, found: &mut BTreeSet<String>) {
    match expression {
        ast::Expression::Inline(inline) => variables_of_inline(inline, found),
        ast::Expression::Select { selector, variants } => {
            variables_of_inline(selector, found);
            for variant in variants {
                variables_of_pattern(&variant.value, found);
            }
        }
    }
}

fn variables_of_inline(inline: &ast::InlineExpression<&str>, found: &mut BTreeSet<String>) {
    match inline {
        ast::InlineExpression::VariableReference { id } => {
            found.insert(id.name.to_owned());
        }
        ast::InlineExpression::Placeable { expression } => variables_of_expression(expression, found),
        _ => {}
    }
}

#[test]
fn every_language_has_the_same_messages() {
    let english: Vec<String> = catalogue(Language::English).into_keys().collect();
    let chinese: Vec<String> = catalogue(Language::Chinese).into_keys().collect();
    assert!(english.len() > 100);
    assert_eq!(english, chinese);
}

/// A language may say less where its grammar asks for less (Chinese counts without plurals), never something else.
#[test]
fn every_language_has_the_same_variables() {
    let (english, chinese) = (catalogue(Language::English), catalogue(Language::Chinese));
    let by_grammar = ["time-weekday", "time-month", "time-day"];
    for (key, variables) in &english {
        if !by_grammar.contains(&key.as_str()) {
            assert_eq!(variables, &chinese[key], "{key}");
        }
    }
}

#[test]
fn nothing_chinese_is_left_in_english() {
    let without_words = ["time-moment", "time-zone-short"];
    let words = Words::of(Language::Chinese);
    for key in catalogue(Language::Chinese).into_keys() {
        let said = words.say(&key);
        let han_or_punctuation = |c: char| matches!(c, '\u{3000}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}');
        assert!(without_words.contains(&key.as_str()) || said.contains(han_or_punctuation), "{key}: {said}");
    }
}

#[test]
fn nothing_english_is_left_in_chinese() {
    for source in sources(Language::English) {
        assert!(!source.contains(|c: char| matches!(c, '\u{3000}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}')));
    }
}

#[test]
fn a_word_that_is_missing_harms_nobody() {
    for language in Language::ALL {
        assert_eq!(Words::of(language).say("no-such-message"), "no-such-message");
    }
    assert!(!crate::has("no-such-message"));
    assert!(crate::keys("time-").iter().all(|key| crate::has(key)));
}

fn at(start: &str, end: Option<&str>) -> EventTime {
    EventTime::At { start: start.parse().unwrap(), end: end.map(|end| end.parse().unwrap()) }
}

fn both(said: impl Fn(Words) -> String) -> [String; 2] {
    Language::ALL.map(|language| said(Words::of(language)))
}

#[test]
fn times_name_their_zone() {
    let cases = [
        (
            at("2020-06-18T09:00[America/Los_Angeles]", None),
            "Thursday, 18 June 2020, 09:00 PDT (America/Los_Angeles)",
            "2020年6月18日（星期四）09:00 PDT（America/Los_Angeles）",
        ),
        (
            at("2026-12-01T16:00[UTC]", Some("2026-12-01T18:30[UTC]")),
            "Tuesday, 1 December 2026, 16:00 to 18:30 UTC",
            "2026年12月1日（星期二）16:00 至 18:30 UTC",
        ),
        (
            at("2026-10-24T20:00[Europe/Berlin]", Some("2026-10-25T04:00[Europe/Berlin]")),
            "Saturday, 24 October 2026, 20:00 CEST to Sunday, 25 October 2026, 04:00 CET (Europe/Berlin)",
            "2026年10月24日（星期六）20:00 CEST 至 2026年10月25日（星期日）04:00 CET（Europe/Berlin）",
        ),
        (
            at("2026-06-18T09:00[America/Sao_Paulo]", None),
            "Thursday, 18 June 2026, 09:00 UTC-03 (America/Sao_Paulo)",
            "2026年6月18日（星期四）09:00 UTC-03（America/Sao_Paulo）",
        ),
        (EventTime::Day("2020-06-19".parse().unwrap()), "Friday, 19 June 2020", "2020年6月19日（星期五）"),
    ];
    for (time, english, chinese) in cases {
        assert_eq!(both(|words| words.when(&time)), [english, chinese]);
    }
}

#[test]
fn every_day_of_a_year_has_its_names() {
    let mut day: jiff::civil::Date = "2026-01-01".parse().unwrap();
    while day.year() == 2026 {
        assert_eq!(Words::of(Language::English).day(day), day.strftime("%A, %-d %B %Y").to_string());
        day = day.tomorrow().unwrap();
    }
}

#[test]
fn an_hour_stands_alone_where_it_is_known() {
    let evening = at("2026-10-08T18:30[Europe/Berlin]", None);
    assert_eq!(Words::of(Language::Chinese).start_hour(&evening).unwrap(), "18:30 CEST");
    assert_eq!(Words::of(Language::English).start_hour(&EventTime::Day("2020-06-19".parse().unwrap())), None);
}

#[test]
fn a_deadline_reads_the_same_everywhere() {
    let now: Timestamp = "2026-09-01T21:57:43Z".parse().unwrap();
    let cases = [
        ("2026-09-01T21:57:40Z", "within 1 minute (until 21:57 UTC)", "1 分钟内（21:57 UTC 之前）"),
        ("2026-09-01T22:27:40Z", "within 30 minutes (until 22:27 UTC)", "30 分钟内（22:27 UTC 之前）"),
        ("2026-09-01T23:56:43Z", "within 119 minutes (until 23:56 UTC)", "119 分钟内（23:56 UTC 之前）"),
        ("2026-09-01T23:57:43Z", "within 2 hours (until 23:57 UTC)", "2 小时内（23:57 UTC 之前）"),
        (
            "2026-09-02T00:57:42Z",
            "within 3 hours (until Wednesday, 2 September 2026, 00:57 UTC)",
            "3 小时内（2026年9月2日（星期三）00:57 UTC 之前）",
        ),
        (
            "2026-09-08T21:57:40Z",
            "within 7 days (until Tuesday, 8 September 2026, 21:57 UTC)",
            "7 天内（2026年9月8日（星期二）21:57 UTC 之前）",
        ),
    ];
    for (until, english, chinese) in cases {
        assert_eq!(both(|words| words.deadline(until.parse().unwrap(), now)), [english, chinese]);
    }
}
