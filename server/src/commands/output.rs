//! Lists as people, spreadsheets and programs read them.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Map, Value};

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Columns side by side, for people.
    Table,
    /// Comma-separated values (RFC 4180), for spreadsheets.
    Csv,
    /// One JSON list of objects, for programs.
    Json,
}

impl Format {
    /// The word for it on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// Rows under headings. A heading is also the key of its cells in JSON, so it never changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    headings: Vec<String>,
    rows: Vec<Vec<Value>>,
}

impl Listing {
    /// No rows yet under these headings.
    pub fn new<H: Into<String>>(headings: impl IntoIterator<Item = H>) -> Self {
        Self { headings: headings.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// One more row; as many cells as there are headings.
    pub fn push(&mut self, row: Vec<Value>) {
        self.rows.push(row);
    }

    /// Writes all of it.
    pub fn write(&self, format: Format, out: &mut dyn Write) -> io::Result<()> {
        match format {
            Format::Table => self.write_table(out),
            Format::Csv => self.write_csv(out),
            Format::Json => {
                serde_json::to_writer_pretty(&mut *out, &self.objects())?;
                writeln!(out)
            }
        }
    }

    fn write_table(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Table::new();
        // Lines end where their cells do: what is cut to fit a window cannot be searched for.
        table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(self.headings.iter().map(|heading| heading.to_uppercase()));
        for row in &self.rows {
            table.add_row(row.iter().map(|cell| printable(&plain(cell))));
        }
        for line in table.lines() {
            let line = line.strip_prefix(' ').unwrap_or(&line);
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        csv.write_record(self.headings.iter().map(|heading| harmless(heading.clone())))?;
        for row in &self.rows {
            csv.write_record(row.iter().map(|cell| harmless(plain(cell))))?;
        }
        csv.flush()
    }

    /// The rows as objects, a field under each heading.
    pub fn objects(&self) -> Vec<Value> {
        let object = |row: &Vec<Value>| {
            Value::Object(self.headings.iter().cloned().zip(row.iter().cloned()).collect::<Map<_, _>>())
        };
        self.rows.iter().map(object).collect()
    }
}

/// A cell as text: nothing for null, lists with semicolons.
fn plain(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}

/// Text that stays within its line and gives a terminal no orders, nor reorders what stands beside it.
fn printable(text: &str) -> String {
    let breaks = |c: char| c.is_control() || reorders(c) || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().map(|c| if breaks(c) { ' ' } else { c }).collect()
}

/// What turns the text behind it around, beyond its own cell (Unicode Standard Annex 9, sections 2.1 to 2.4).
fn reorders(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a spreadsheet has no use for it, while the terminal that a file is shown in takes it for an order.
fn commands(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || reorders(c)
}

/// A cell that no spreadsheet takes for a formula: it would run with the rights of whoever opens the file. An apostrophe
/// before it makes it text (OWASP, CSV injection); tab and carriage return count because they are skipped by some.
fn harmless(mut cell: String) -> String {
    cell.retain(|c| !commands(c));
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => {
            format!("'{cell}")
        }
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(listing: &Listing, format: Format) -> String {
        let mut out = Vec::new();
        listing.write(format, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn people() -> Listing {
        let mut listing = Listing::new(["name", "seats", "tools"]);
        listing.push(vec![json!("=HYPERLINK(\"http://evil\")"), json!(2), json!(["A", "B"])]);
        listing.push(vec![json!("王小明"), json!(10), Value::Null]);
        listing.push(vec![json!("two\nlines\u{1b}[31m"), json!(-1), json!("say \"hi\", all")]);
        listing
    }

    #[test]
    fn no_cell_is_a_formula_or_breaks_its_row() {
        assert_eq!(
            written(&people(), Format::Csv),
            "name,seats,tools\r\n\"'=HYPERLINK(\"\"http://evil\"\")\",2,A; B\r\n王小明,10,\r\n\
             \"two\nlines[31m\",'-1,\"say \"\"hi\"\", all\"\r\n"
        );
        for start in ["=", "+", "-", "@", "\t", "\r", "\n"] {
            assert!(harmless(format!("{start}1+1")).starts_with('\''), "{start:?}");
        }
        assert_eq!(harmless("a=b".into()), "a=b");
        assert_eq!(harmless("\u{1b}=1+1".into()), "'=1+1", "nor behind what nobody sees");
    }

    #[test]
    fn columns_stay_aligned_and_terminals_are_given_no_orders() {
        let mut people = people();
        people.push(vec![json!("\u{202e}abc\u{2066}\u{9b}2J"), json!(3), json!("\u{2028}")]);
        let table = written(&people, Format::Table);
        assert!(!table.contains(['\u{202e}', '\u{2066}', '\u{9b}', '\u{2028}']), "{table:?}");
        assert!(!table.contains('\u{1b}') && table.lines().count() == 5, "{table}");
        let lines: Vec<&str> = table.lines().collect();
        let column = |line: &str, text: &str| {
            unicode_width(&line[..line.find(text).unwrap_or_else(|| panic!("{text} in {line}"))])
        };
        assert_eq!(column(lines[0], "SEATS"), column(lines[2], "10"));
    }

    fn unicode_width(text: &str) -> usize {
        text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
    }

    #[test]
    fn programs_read_objects() {
        let read: Vec<Value> = serde_json::from_str(&written(&people(), Format::Json)).unwrap();
        assert_eq!(read[0]["tools"], json!(["A", "B"]));
        assert_eq!(read[1]["name"], json!("王小明"));
    }
}
