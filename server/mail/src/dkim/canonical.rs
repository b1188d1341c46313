//! The relaxed forms of header fields and bodies (RFC 6376 sections 3.4.2 and 3.4.4).

use std::borrow::Cow;

/// Head and body of a message; the empty line between them belongs to neither.
pub(super) fn split(message: &[u8]) -> (Cow<'_, str>, &[u8]) {
    let end = message.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = match end {
        Some(end) => (&message[..end + 2], &message[end + 4..]),
        None => (message, &message[..0]),
    };
    (String::from_utf8_lossy(head), body)
}

/// The fields of a head, folds included.
pub(super) struct Fields<'a>(Vec<&'a str>);

impl<'a> Fields<'a> {
    pub(super) fn of(head: &'a str) -> Self {
        let mut fields = Vec::new();
        let mut rest = head;
        while !rest.is_empty() {
            let end = end_of_field(rest);
            fields.push(&rest[..end]);
            rest = &rest[end..];
        }
        Self(fields)
    }

    /// How many fields are called so.
    pub(super) fn count(&self, name: &str) -> usize {
        self.named(name).count()
    }

    /// The fields that are called so, in the order in which signatures cover them: from the last to the first.
    pub(super) fn relaxed(&self, name: &str) -> impl Iterator<Item = String> {
        self.named(name).rev().map(relaxed_field)
    }

    fn named(&self, name: &str) -> impl DoubleEndedIterator<Item = &'a str> {
        let fits = move |field: &&str| {
            field.split_once(':').is_some_and(|(found, _)| found.trim_end().eq_ignore_ascii_case(name))
        };
        self.0.iter().copied().filter(fits)
    }
}

/// Where the first field ends: behind the first line break that no fold follows.
fn end_of_field(text: &str) -> usize {
    let breaks = text.match_indices("\r\n").map(|(at, _)| at + 2);
    let mut ends = breaks.filter(|end| !text[*end..].starts_with([' ', '\t']));
    ends.next().unwrap_or(text.len())
}

/// The name in lower case, the value on one line with single spaces.
pub(super) fn relaxed_field(field: &str) -> String {
    let (name, value) = field.split_once(':').unwrap_or((field, ""));
    let words: Vec<&str> = value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect();
    format!("{}:{}\r\n", name.trim_end().to_ascii_lowercase(), words.join(" "))
}

/// The lines with single spaces and none at their ends, without empty lines at the end.
pub(super) fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut relaxed = Vec::with_capacity(body.len());
    let mut empty_lines = 0;
    for line in lines(body) {
        let line = relaxed_line(line);
        if line.is_empty() {
            empty_lines += 1;
            continue;
        }
        relaxed.extend(b"\r\n".repeat(std::mem::take(&mut empty_lines)));
        relaxed.extend(line);
        relaxed.extend(b"\r\n");
    }
    relaxed
}

fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split_inclusive(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r\n").unwrap_or(line))
}

fn relaxed_line(line: &[u8]) -> Vec<u8> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let mut relaxed = Vec::with_capacity(line.len());
    for byte in line {
        match byte {
            space if is_space(space) && relaxed.last() == Some(&b' ') => {}
            space if is_space(space) => relaxed.push(b' '),
            other => relaxed.push(*other),
        }
    }
    if relaxed.last() == Some(&b' ') {
        relaxed.pop();
    }
    relaxed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 6376 section 3.4.5.
    const EXAMPLE: &[u8] = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";

    #[test]
    fn the_example_of_the_standard() {
        let (head, body) = split(EXAMPLE);
        let fields = Fields::of(&head);
        let relaxed: Vec<String> = ["a", "b"].into_iter().flat_map(|name| fields.relaxed(name)).collect();
        assert_eq!(relaxed, ["a:X\r\n", "b:Y Z\r\n"]);
        assert_eq!(relaxed_body(body), b" C\r\nD E\r\n");
    }

    #[test]
    fn an_empty_body_stays_empty() {
        for body in [&b""[..], b"\r\n", b"\r\n \r\n\t\r\n"] {
            assert_eq!(relaxed_body(body), b"", "{body:?}");
        }
        assert_eq!(relaxed_body(b"no end"), b"no end\r\n");
        assert_eq!(relaxed_body(b"a\r\n\r\n\r\nb\r\n\r\n"), b"a\r\n\r\n\r\nb\r\n");
    }

    #[test]
    fn fields_of_one_name_are_covered_from_the_last() {
        let (head, body) = split(b"X: 1\r\nY: 2\r\nx:3\r\n\t4\r\n");
        let fields = Fields::of(&head);
        assert_eq!(fields.count("X"), 2);
        assert_eq!(fields.relaxed("x").collect::<Vec<_>>(), ["x:3 4\r\n", "x:1\r\n"]);
        assert_eq!(body, b"");
    }
}
