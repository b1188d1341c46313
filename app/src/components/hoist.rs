//! Hoists: a few signal flags drawn from a slug, always the same for the same slug.
//!
//! The flags are the letters of the International Code of Signals. A hoist spells the initials of a slug's words and,
//! where there are few, further letters of it. It is decoration: whatever it stands beside says the same in words.

use leptos::prelude::*;

/// The side of one flag in the drawing's own units.
const SIDE: u32 = 60;
/// The space between two flags of a hoist.
const GAP: u32 = 10;
/// The fewest and the most flags of a hoist.
const LENGTH: std::ops::RangeInclusive<usize> = 3..=4;

/// How the flags of a hoist stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hoisting {
    /// Side by side, as on a dressed ship.
    Row,
    /// One below the other, as on a halyard.
    Column,
}

/// The hoist of `slug`.
pub fn hoist(slug: &str, hoisting: Hoisting) -> AnyView {
    flags(&letters_of(slug), hoisting)
}

/// The flags of `letters`, which are `A` to `Z`.
pub fn flags(letters: &[char], hoisting: Hoisting) -> AnyView {
    let count = u32::try_from(letters.len()).unwrap_or(0);
    let long = (count * (SIDE + GAP)).saturating_sub(GAP);
    let (width, height, class) = match hoisting {
        Hoisting::Row => (long, SIDE, "hoist hoist-row"),
        Hoisting::Column => (SIDE, long, "hoist hoist-column"),
    };
    let drawn: Vec<String> = (0u32..)
        .zip(letters)
        .map(|(at, letter)| {
            let along = at * (SIDE + GAP);
            let (x, y) = if hoisting == Hoisting::Row { (along, 0) } else { (0, along) };
            format!(r#"<g transform="translate({x} {y})">{}</g>"#, drawing(*letter))
        })
        .collect();
    // One unit of room on each side for the outline.
    let view_box = format!("-1 -1 {} {}", width + 2, height + 2);
    view! { <svg class=class viewBox=view_box aria-hidden="true" focusable="false" inner_html=drawn.concat()></svg> }
        .into_any()
}

/// The letters that a hoist of `slug` spells: the initials of its words, then letters of the words themselves, none
/// twice, for a set of flags has each letter once.
pub fn letters_of(slug: &str) -> Vec<char> {
    let words: Vec<&str> = slug.split('-').collect();
    let initials = words.iter().filter_map(|word| word.chars().next());
    let mut letters = Vec::new();
    for letter in initials.filter(char::is_ascii_lowercase) {
        if letters.len() < *LENGTH.end() {
            add_once(&mut letters, letter);
        }
    }
    let rest = words.iter().flat_map(|word| word.chars()).chain("regatta".chars());
    for letter in rest.filter(char::is_ascii_lowercase) {
        if letters.len() < *LENGTH.start() {
            add_once(&mut letters, letter);
        }
    }
    letters
}

fn add_once(letters: &mut Vec<char>, letter: char) {
    let letter = letter.to_ascii_uppercase();
    if !letters.contains(&letter) {
        letters.push(letter);
    }
}

/// One flag: its fields in the code's colours (classes `b`lue, `r`ed, `y`ellow, `w`hite and `k` for black, so that the
/// stylesheet says which blue), then its outline. Swallow-tailed flags have an outline of their own.
fn drawing(letter: char) -> String {
    let square = r#"<path class="edge" d="M0 0h60v60H0z"/>"#;
    let tailed = r#"<path class="edge" d="M0 0h60L44 30l16 30H0z"/>"#;
    let outline = if matches!(letter, 'A' | 'B') { tailed } else { square };
    format!("{}{outline}", fields_of(letter))
}

/// The coloured fields of a letter's flag, hoist (the side of the halyard) on the left.
fn fields_of(letter: char) -> &'static str {
    match letter {
        'A' => r#"<path class="w" d="M0 0h30v60H0z"/><path class="b" d="M30 0h30L44 30l16 30H30z"/>"#,
        'B' => r#"<path class="r" d="M0 0h60L44 30l16 30H0z"/>"#,
        'C' => {
            r#"<path class="b" d="M0 0h60v60H0z"/><path class="w" d="M0 12h60v36H0z"/><path class="r" d="M0 24h60v12H0z"/>"#
        }
        'D' => r#"<path class="y" d="M0 0h60v60H0z"/><path class="b" d="M0 15h60v30H0z"/>"#,
        'E' => r#"<path class="b" d="M0 0h60v30H0z"/><path class="r" d="M0 30h60v30H0z"/>"#,
        'F' => r#"<path class="w" d="M0 0h60v60H0z"/><path class="r" d="M30 0l30 30-30 30L0 30z"/>"#,
        'G' => {
            r#"<path class="y" d="M0 0h60v60H0z"/><path class="b" d="M10 0h10v60H10zM30 0h10v60H30zM50 0h10v60H50z"/>"#
        }
        'H' => r#"<path class="w" d="M0 0h30v60H0z"/><path class="r" d="M30 0h30v60H30z"/>"#,
        'I' => r#"<path class="y" d="M0 0h60v60H0z"/><circle class="k" cx="30" cy="30" r="15"/>"#,
        'J' => r#"<path class="b" d="M0 0h60v60H0z"/><path class="w" d="M0 20h60v20H0z"/>"#,
        'K' => r#"<path class="y" d="M0 0h30v60H0z"/><path class="b" d="M30 0h30v60H30z"/>"#,
        'L' => r#"<path class="y" d="M0 0h60v60H0z"/><path class="k" d="M30 0h30v30H30zM0 30h30v30H0z"/>"#,
        'M' => {
            r#"<path class="b" d="M0 0h60v60H0z"/><path class="w" d="M0 0h9l51 51v9h-9L0 9zM60 0v9L9 60H0v-9L51 0z"/>"#
        }
        'N' => {
            r#"<path class="w" d="M0 0h60v60H0z"/><path class="b" d="M0 0h15v15H0zM30 0h15v15H30zM15 15h15v15H15zM45 15h15v15H45zM0 30h15v15H0zM30 30h15v15H30zM15 45h15v15H15zM45 45h15v15H45z"/>"#
        }
        'O' => r#"<path class="y" d="M0 0h60v60H0z"/><path class="r" d="M0 0h60v60z"/>"#,
        'P' => r#"<path class="b" d="M0 0h60v60H0z"/><path class="w" d="M20 20h20v20H20z"/>"#,
        'Q' => r#"<path class="y" d="M0 0h60v60H0z"/>"#,
        'R' => r#"<path class="r" d="M0 0h60v60H0z"/><path class="y" d="M24 0h12v60H24zM0 24h60v12H0z"/>"#,
        'S' => r#"<path class="w" d="M0 0h60v60H0z"/><path class="b" d="M20 20h20v20H20z"/>"#,
        'T' => {
            r#"<path class="r" d="M0 0h20v60H0z"/><path class="w" d="M20 0h20v60H20z"/><path class="b" d="M40 0h20v60H40z"/>"#
        }
        'U' => r#"<path class="w" d="M0 0h60v60H0z"/><path class="r" d="M0 0h30v30H0zM30 30h30v30H30z"/>"#,
        'V' => {
            r#"<path class="w" d="M0 0h60v60H0z"/><path class="r" d="M0 0h9l51 51v9h-9L0 9zM60 0v9L9 60H0v-9L51 0z"/>"#
        }
        'W' => {
            r#"<path class="b" d="M0 0h60v60H0z"/><path class="w" d="M12 12h36v36H12z"/><path class="r" d="M22 22h16v16H22z"/>"#
        }
        'X' => r#"<path class="w" d="M0 0h60v60H0z"/><path class="b" d="M24 0h12v60H24zM0 24h60v12H0z"/>"#,
        'Y' => {
            r#"<path class="y" d="M0 0h60v60H0z"/><path class="r" d="M0 12L12 0h12L0 24zM0 36L36 0h12L0 48zM0 60L60 0v12L12 60zM24 60l36-36v12L36 60zM48 60l12-12v12z"/>"#
        }
        'Z' => {
            r#"<path class="k" d="M0 0l30 30L0 60z"/><path class="y" d="M0 0h60L30 30z"/><path class="b" d="M60 0v60L30 30z"/><path class="r" d="M0 60l30-30 30 30z"/>"#
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_initials_and_fills_up_from_the_words() {
        assert_eq!(letters_of("second-cicd-meetup-china-2020"), ['S', 'C', 'M']);
        assert_eq!(letters_of("helen-beal"), ['H', 'B', 'E']);
        assert_eq!(letters_of("spinnaker-live"), ['S', 'L', 'P']);
        assert_eq!(letters_of("regatta"), ['R', 'E', 'G']);
        assert_eq!(letters_of("a"), ['A', 'R', 'E']);
        assert_eq!(letters_of("2020"), ['R', 'E', 'G']);
    }

    #[test]
    fn every_letter_has_a_flag_of_its_own() {
        let drawn: std::collections::BTreeSet<&str> = ('A'..='Z').map(fields_of).collect();
        assert_eq!(drawn.len(), 26);
        assert!(!drawn.contains(""));
    }
}
