//! Lines of a width that terminals and mail programs show whole.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The longest line of the text part, in columns; a Han character takes two.
pub(super) const COLUMNS: usize = 72;

/// `words` in lines of at most [`COLUMNS`] columns. Words and addresses stay whole, even where one alone is longer; Chinese
/// may be broken between any two characters, but no line begins with a closing mark or ends with an opening one.
pub(super) fn wrap(words: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for (at, word) in words.split_whitespace().enumerate() {
        for (piece_at, piece) in pieces(word).into_iter().enumerate() {
            let space = usize::from(at > 0 && piece_at == 0);
            if column > 0 && column + space + piece.width() > COLUMNS {
                out.push('\n');
                column = 0;
            } else if space == 1 && column > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(piece);
            column += piece.width();
        }
    }
    out
}

/// A word without spaces, in the pieces between which it may be broken.
fn pieces(word: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (at, c) in word.char_indices() {
        if before.is_some_and(|before| may_break(before, c)) {
            pieces.push(&word[start..at]);
            start = at;
        }
        before = Some(c);
    }
    pieces.push(&word[start..]);
    pieces
}

fn may_break(before: char, after: char) -> bool {
    (is_wide(before) || is_wide(after) || is_closing(before)) && !is_closing(after) && !is_opening(before)
}

fn is_wide(c: char) -> bool {
    c.width() == Some(2)
}

fn is_opening(c: char) -> bool {
    matches!(c, '“' | '‘' | '（' | '《' | '「' | '【' | '(')
}

fn is_closing(c: char) -> bool {
    matches!(
        c,
        '”' | '’'
            | '）'
            | '》'
            | '」'
            | '】'
            | ')'
            | '，'
            | '。'
            | '、'
            | '：'
            | '；'
            | '！'
            | '？'
            | '…'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn long_words_are_left_whole() {
        let wrapped = wrap(&format!("{} {}", "word ".repeat(40), "x".repeat(100)));
        let lines: Vec<&str> = wrapped.lines().collect();
        assert!(lines.len() > 3);
        assert!(lines[..lines.len() - 1].iter().all(|line| line.len() <= COLUMNS));
        assert_eq!(lines.last().unwrap().len(), 100);
    }

    #[test]
    fn chinese_is_broken_where_it_may_be() {
        let wrapped = wrap(&"确认“您的邮箱”，".repeat(12));
        assert!(wrapped.lines().count() > 1);
        for line in wrapped.lines() {
            assert!(line.width() <= COLUMNS, "{line}");
            assert!(!line.starts_with(is_closing) && !line.ends_with(is_opening), "{line}");
        }
    }

    #[test]
    fn english_quotes_hold_on_to_their_words() {
        let wrapped = wrap(&"You’ll “see (it)”, won’t you? ".repeat(6));
        assert!(wrapped.lines().all(|line| !line.starts_with('”') && !line.ends_with('’')), "{wrapped}");
    }

    proptest! {
        /// Wrapping moves line ends and nothing else.
        #[test]
        fn nothing_is_lost(words in "[a-z “”（）,，。您的邮箱]{0,300}") {
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(bare(&wrap(&words)), bare(&words));
        }
    }
}
