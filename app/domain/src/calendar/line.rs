//! Content lines: escaping and folding (RFC 5545 sections 3.1 and 3.3.11, RFC 6868).

/// The longest line, in octets, without its end.
const MAX_OCTETS: usize = 75;

/// Appends one content line, folded so that no line is longer than 75 octets and no character is split. Whatever could
/// end the line early is left out.
pub(super) fn push_line(out: &mut String, line: &str) {
    let mut room = MAX_OCTETS;
    for c in line.chars().filter(|c| !ends_or_garbles_a_line(*c)) {
        if c.len_utf8() > room {
            out.push_str("\r\n ");
            room = MAX_OCTETS - 1;
        }
        out.push(c);
        room -= c.len_utf8();
    }
    out.push_str("\r\n");
}

/// Control characters other than the tab; the grammar has no place for them (RFC 5545 section 3.1, `CONTROL`).
fn ends_or_garbles_a_line(c: char) -> bool {
    c.is_control() && c != '\t'
}

/// A value of type TEXT.
pub(super) fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.replace("\r\n", "\n").chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' | '\r' => out.push_str("\\n"),
            _ => out.push(c),
        }
    }
    out
}

/// A parameter's value in quotes, with what quotes cannot hold in the notation of RFC 6868.
pub(super) fn parameter(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '^' => out.push_str("^^"),
            '"' => out.push_str("^'"),
            '\n' => out.push_str("^n"),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unfold(folded: &str) -> String {
        folded.replace("\r\n ", "").replace("\r\n", "")
    }

    fn unescape(value: &str) -> String {
        let mut out = String::new();
        let mut chars = value.chars();
        while let Some(c) = chars.next() {
            match (c, c == '\\') {
                (_, false) => out.push(c),
                (_, true) => match chars.next() {
                    Some('n' | 'N') => out.push('\n'),
                    Some(other) => out.push(other),
                    None => panic!("a lone backslash in {value:?}"),
                },
            }
        }
        out
    }

    #[test]
    fn a_line_of_75_octets_is_left_whole_and_one_of_76_is_folded() {
        let mut out = String::new();
        push_line(&mut out, &"a".repeat(75));
        push_line(&mut out, &"b".repeat(76));
        assert_eq!(out, format!("{}\r\n{}\r\n b\r\n", "a".repeat(75), "b".repeat(75)));
    }

    #[test]
    fn parameters_hold_quotes_carets_and_line_breaks() {
        assert_eq!(parameter("a \"b\" ^c\nd"), "\"a ^'b^' ^^c^nd\"");
    }

    proptest! {
        /// Reading back what was written gives the text, whatever it holds.
        #[test]
        fn text_reads_back(value in "[a-zA-Z周帆ß🚢,;:\\\\\n\"^ ]{0,300}") {
            let mut out = String::new();
            push_line(&mut out, &format!("DESCRIPTION:{}", text(&value)));
            prop_assert_eq!(unescape(unfold(&out).strip_prefix("DESCRIPTION:").unwrap()), value);
        }

        /// No text breaks out of its line, and no line is too long.
        #[test]
        fn no_text_makes_a_line_of_its_own(value in any::<String>()) {
            let mut out = String::new();
            push_line(&mut out, &format!("SUMMARY:{}", text(&value)));
            let lines: Vec<&str> = out.strip_suffix("\r\n").unwrap().split("\r\n").collect();
            for (at, line) in lines.iter().enumerate() {
                prop_assert!(line.len() <= 75, "{} octets", line.len());
                prop_assert!(!line.contains(['\r', '\n']));
                prop_assert_eq!(at > 0, line.starts_with(' '));
            }
        }
    }
}
