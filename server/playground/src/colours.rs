//! "Select Graphic Rendition" (ECMA-48, section 8.3.117): from its parameters to how text looks.
//!
//! Larger palettes (ISO 8613-6, and the 256 colours of xterm) become the nearest of the sixteen that a page has classes
//! for. What could hide text from a reader, as concealing and blinking do, changes nothing.

use regatta_domain::run::Style;

/// The colours of xterm that stand under the numbers 0 to 15.
const SIXTEEN: [Rgb; 16] = [
    Rgb(0, 0, 0),
    Rgb(205, 0, 0),
    Rgb(0, 205, 0),
    Rgb(205, 205, 0),
    Rgb(0, 0, 238),
    Rgb(205, 0, 205),
    Rgb(0, 205, 205),
    Rgb(229, 229, 229),
    Rgb(127, 127, 127),
    Rgb(255, 0, 0),
    Rgb(0, 255, 0),
    Rgb(255, 255, 0),
    Rgb(92, 92, 255),
    Rgb(255, 0, 255),
    Rgb(0, 255, 255),
    Rgb(255, 255, 255),
];
/// What stands for the page's own colours where they are swapped.
const LETTERS: u8 = 7;
const PAPER: u8 = 0;

#[derive(Clone, Copy)]
struct Rgb(u8, u8, u8);

/// How what is printed next looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rendition {
    style: Style,
    reversed: bool,
}

impl Rendition {
    /// As it is shown: where it is reversed, letters and paper have swapped their colours.
    pub(crate) fn style(self) -> Style {
        let Style { colour, behind, .. } = self.style;
        if self.reversed {
            Style { colour: behind.or(Some(PAPER)), behind: colour.or(Some(LETTERS)), ..self.style }
        } else {
            self.style
        }
    }

    /// Heeds a sequence with these parameters: numbers apart by semicolons, their own details apart by colons.
    pub(crate) fn select(&mut self, parameters: &str) {
        let mut groups = parameters.split(';');
        while let Some(group) = groups.next() {
            if let Some((code, details)) = group.split_once(':') {
                self.select_detailed(number(code), details);
                continue;
            }
            match number(group) {
                Some(code @ (38 | 48 | 58)) => {
                    let colour = larger_palette(&mut groups);
                    self.set_colour(code, colour);
                }
                Some(code) => self.select_plain(code),
                None => {}
            }
        }
    }

    fn select_plain(&mut self, code: u16) {
        let style = &mut self.style;
        match code {
            0 => *self = Self::default(),
            1 => style.bold = true,
            2 => style.faint = true,
            3 => style.italic = true,
            4 | 21 => style.underlined = true,
            7 => self.reversed = true,
            22 => (style.bold, style.faint) = (false, false),
            23 => style.italic = false,
            24 => style.underlined = false,
            27 => self.reversed = false,
            30..=37 => style.colour = palette(code - 30),
            39 => style.colour = None,
            40..=47 => style.behind = palette(code - 40),
            49 => style.behind = None,
            90..=97 => style.colour = palette(code - 90 + 8),
            100..=107 => style.behind = palette(code - 100 + 8),
            _ => {}
        }
    }

    /// A number with details of its own: `4:3` a curly line below, `38:5:9` and `38:2::255:0:0` colours.
    fn select_detailed(&mut self, code: Option<u16>, details: &str) {
        match code {
            Some(4) => self.style.underlined = number(details) != Some(0),
            Some(code @ (38 | 48)) => {
                let details: Vec<&str> = details.split(':').collect();
                let colour = match details.as_slice() {
                    // Before the three parts there may stand the identity of a colour space.
                    ["2", _, parts @ ..] if parts.len() >= 3 => larger_palette(&mut with("2", parts)),
                    other => larger_palette(&mut other.iter().copied()),
                };
                self.set_colour(code, colour);
            }
            _ => {}
        }
    }

    /// Sets the colour that a larger palette gave; the colour of the line below (58) is not shown.
    fn set_colour(&mut self, code: u16, colour: Option<u8>) {
        match code {
            38 => self.style.colour = colour.or(self.style.colour),
            48 => self.style.behind = colour.or(self.style.behind),
            _ => {}
        }
    }
}

fn with<'a>(first: &'a str, rest: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    std::iter::once(first).chain(rest.iter().copied())
}

/// A parameter's number: 0 where it is left out; `None` where it is beyond any that means something.
fn number(text: &str) -> Option<u16> {
    if text.is_empty() { Some(0) } else { text.parse().ok() }
}

fn palette(at: u16) -> Option<u8> {
    u8::try_from(at).ok().filter(|at| *at < 16)
}

/// Takes `5;n` or `2;r;g;b` from the parameters; `None` where there is no such colour.
fn larger_palette<'a>(parameters: &mut impl Iterator<Item = &'a str>) -> Option<u8> {
    let mut part = || parameters.next().and_then(number).map(|part| u8::try_from(part).ok());
    match part()?? {
        5 => part()?.map(of_256),
        2 => {
            let (red, green, blue) = (part()?, part()?, part()?);
            Some(nearest(Rgb(red?, green?, blue?)))
        }
        _ => None,
    }
}

/// The nearest of the sixteen to one of xterm's 256: sixteen of their own, a cube of 6 × 6 × 6, 24 steps of grey.
fn of_256(at: u8) -> u8 {
    let level = |part: u8| if part == 0 { 0 } else { 55 + 40 * part };
    match at {
        0..=15 => at,
        16..=231 => {
            let at = at - 16;
            nearest(Rgb(level(at / 36), level(at / 6 % 6), level(at % 6)))
        }
        232..=255 => {
            let grey = 8 + 10 * (at - 232);
            nearest(Rgb(grey, grey, grey))
        }
    }
}

/// The nearest of the sixteen, by the distance of their parts.
fn nearest(wanted: Rgb) -> u8 {
    let apart = |one: u8, other: u8| u32::from(one.abs_diff(other)).pow(2);
    let distance = |is: Rgb| apart(is.0, wanted.0) + apart(is.1, wanted.1) + apart(is.2, wanted.2);
    let numbered = (0_u8..).zip(SIXTEEN);
    numbered.min_by_key(|(_, colour)| distance(*colour)).map_or(LETTERS, |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(sequences: &[&str]) -> String {
        let mut rendition = Rendition::default();
        for parameters in sequences {
            rendition.select(parameters);
        }
        rendition.style().classes()
    }

    #[test]
    fn attributes_come_and_go() {
        assert_eq!(classes(&["1;31"]), "c1 b");
        assert_eq!(classes(&["1;2;3;4"]), "b d i u");
        assert_eq!(classes(&["1;2;3;4", "22;23;24"]), "");
        assert_eq!(classes(&["91;104"]), "c9 g12");
        assert_eq!(classes(&["31;41", "39"]), "g1");
        assert_eq!(classes(&["31;41", "39;49"]), "");
        assert_eq!(classes(&["1;31", ""]), "", "nothing means everything off");
        assert_eq!(classes(&["1;;32"]), "c2", "and so it does between others");
    }

    #[test]
    fn reversing_swaps_and_swaps_back() {
        assert_eq!(classes(&["31;44;7"]), "c4 g1");
        assert_eq!(classes(&["7"]), "c0 g7");
        assert_eq!(classes(&["7", "27"]), "");
        assert_eq!(classes(&["31;7", "0"]), "");
    }

    #[test]
    fn larger_palettes_become_the_nearest() {
        assert_eq!(classes(&["38;5;9"]), "c9");
        assert_eq!(classes(&["38;5;196"]), "c9");
        assert_eq!(classes(&["48;5;232"]), "g0");
        assert_eq!(classes(&["38;2;250;250;250"]), "c15");
        assert_eq!(classes(&["38:5:10"]), "c10");
        assert_eq!(classes(&["38:2::255:0:0"]), "c9");
        assert_eq!(classes(&["38:2:255:0:0"]), "c9");
        assert_eq!(classes(&["4:3"]), "u");
        assert_eq!(classes(&["4", "4:0"]), "");
    }

    #[test]
    fn details_are_no_attributes_of_their_own() {
        assert_eq!(classes(&["38;5;1;4"]), "c1 u", "the 1 is a colour, the 4 is a line");
        assert_eq!(classes(&["58;5;1;3"]), "i", "the colour of the line below is not shown");
        assert_eq!(classes(&["58;2;1;4;7;3"]), "i");
    }

    #[test]
    fn what_means_nothing_changes_nothing() {
        for odd in ["38", "38;5", "38;9", "38;2;1;2", "38;5;999", "99999999", "5;8;9", "38:", ":", "38:2"] {
            assert_eq!(classes(&[odd]), "", "{odd}");
        }
    }

    #[test]
    fn the_sixteen_are_nearest_to_themselves() {
        for (at, Rgb(red, green, blue)) in SIXTEEN.into_iter().enumerate() {
            assert_eq!(classes(&[&format!("38;2;{red};{green};{blue}")]), format!("c{at}"));
        }
    }
}
