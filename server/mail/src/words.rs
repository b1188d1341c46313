//! Words of others, made fit for a mail.

/// `text` as one printable line: what could break a header or a line becomes a space.
pub fn one_line(text: &str) -> String {
    let printable = |c: char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}');
    let spaced: String = text.chars().map(|c| if printable(c) { c } else { ' ' }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `text` as printable lines, the empty ones left out.
pub fn lines(text: &str) -> Vec<String> {
    text.lines().map(one_line).filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_one_line() {
        assert_eq!(one_line(" Hello\r\nBcc: eve@example.org\u{2028}x\0 "), "Hello Bcc: eve@example.org x");
    }

    #[test]
    fn lines_stay_apart_and_say_something() {
        assert_eq!(lines("One\r\n\r\n \u{7} \nand\u{2028}two"), ["One", "and two"]);
    }
}
