//! Colours of a line of output.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A part of a line that looks different. Written as `[at, len, style]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u32, u32, Style)", into = "(u32, u32, Style)")]
pub struct Span {
    /// Where it begins, in characters (Unicode scalar values) from the line's start.
    pub at: u32,
    /// How many characters it has.
    pub len: u32,
    /// How it looks; never the plain style.
    pub style: Style,
}

/// How a part of a line looks: what of "Select Graphic Rendition" (ECMA-48, section 8.3.117) a page can show by classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each attribute comes and goes by itself")]
pub struct Style {
    /// The colour of the letters, 0 to 15: black, red, green, yellow, blue, magenta, cyan, white, then their bright forms.
    /// Of the larger palettes the nearest of these.
    pub colour: Option<u8>,
    /// The colour behind them, the same way.
    pub behind: Option<u8>,
    /// Bold.
    pub bold: bool,
    /// Faint.
    pub faint: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underlined: bool,
}

impl Style {
    /// Whether it looks like any other text.
    pub fn is_plain(self) -> bool {
        self == Self::default()
    }

    /// The names of its classes in the style sheet: `c1` a colour, `g4` one behind, `b`, `d`, `i`, `u`.
    pub fn classes(self) -> String {
        let mut classes = Vec::new();
        classes.extend(self.colour.map(|colour| format!("c{colour}")));
        classes.extend(self.behind.map(|colour| format!("g{colour}")));
        let flags = [(self.bold, "b"), (self.faint, "d"), (self.italic, "i"), (self.underlined, "u")];
        classes.extend(flags.iter().filter(|(on, _)| *on).map(|(_, name)| (*name).to_owned()));
        classes.join(" ")
    }

    /// The style whose classes these are; `None` where one of them is no class.
    pub fn of_classes(classes: &str) -> Option<Self> {
        let mut style = Self::default();
        for class in classes.split(' ').filter(|class| !class.is_empty()) {
            let colour = |digits: &str| digits.parse().ok().filter(|colour: &u8| *colour < 16);
            match class.split_at_checked(1)? {
                ("c", digits) if !digits.is_empty() => style.colour = Some(colour(digits)?),
                ("g", digits) if !digits.is_empty() => style.behind = Some(colour(digits)?),
                ("b", "") => style.bold = true,
                ("d", "") => style.faint = true,
                ("i", "") => style.italic = true,
                ("u", "") => style.underlined = true,
                _ => return None,
            }
        }
        Some(style)
    }
}

impl fmt::Display for Style {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.classes())
    }
}

impl Serialize for Style {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.classes())
    }
}

impl<'de> Deserialize<'de> for Style {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let classes = String::deserialize(deserializer)?;
        Self::of_classes(&classes).ok_or_else(|| serde::de::Error::custom("no such class of a line's style"))
    }
}

impl From<(u32, u32, Style)> for Span {
    fn from((at, len, style): (u32, u32, Style)) -> Self {
        Self { at, len, style }
    }
}

impl From<Span> for (u32, u32, Style) {
    fn from(span: Span) -> Self {
        (span.at, span.len, span.style)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_is_its_classes() {
        let style =
            Style { colour: Some(12), behind: Some(0), bold: true, underlined: true, ..Style::default() };
        assert_eq!(style.classes(), "c12 g0 b u");
        assert_eq!(Style::of_classes("c12 g0 b u"), Some(style));
        for wrong in ["c16", "x", "b2", "c", "é"] {
            assert_eq!(Style::of_classes(wrong), None, "{wrong}");
        }
        let span = Span { at: 3, len: 4, style };
        let json = serde_json::to_string(&span).unwrap();
        assert_eq!(json, r#"[3,4,"c12 g0 b u"]"#);
        assert_eq!(serde_json::from_str::<Span>(&json).unwrap(), span);
    }
}
