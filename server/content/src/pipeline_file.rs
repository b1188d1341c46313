//! Demo pipelines: `pipelines/<slug>.yaml` in any dialect.

use regatta_dialects::yaml::Place;
use regatta_domain::slug::Slug;

use crate::Demo;
use crate::reading::Reading;

/// What lies below `/playground` and is no demo.
const TAKEN: [&str; 4] = ["check", "new", "share", "shared"];

/// Reads a pipeline's file. A pipeline that cannot run is shown all the same: its page says why.
pub fn read(slug: &Slug, text: String) -> Reading<Demo> {
    if TAKEN.contains(&slug.as_str()) {
        let message = format!("the address /playground/{slug} belongs to the portal");
        return Reading::broken(vec![
            Place::START.diagnostic_with_hint(message, "give the file another name"),
        ]);
    }
    let (title, summary) = introduction(&text);
    let dialect = regatta_dialects::detect(&text);
    let reading = regatta_dialects::read(dialect, &text);
    let problems = reading.diagnostics.clone();
    let title = title.unwrap_or_else(|| slug.to_string());
    Reading {
        item: Some(Demo { slug: slug.clone(), title, summary, dialect, source: text, reading }),
        problems,
        demos: Vec::new(),
    }
}

/// The first line of the comment that the file begins with, and the rest of it as one paragraph.
fn introduction(text: &str) -> (Option<String>, String) {
    let comment = text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim).fuse();
    let mut comment = comment.skip_while(|line| line.is_empty());
    let title = comment.next().map(str::to_owned);
    let summary = comment.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    (title, summary)
}

#[cfg(test)]
mod tests {
    use regatta_domain::pipeline::Dialect;

    use super::*;

    #[test]
    fn a_file_is_read_in_the_language_it_is_written_in() {
        let slug: Slug = "voyage".parse().unwrap();
        let dialect = |text: &str| read(&slug, text.to_owned()).item.unwrap().dialect;
        assert_eq!(dialect("# Voyage\njobs: {}\n"), Dialect::Screwdriver);
        assert_eq!(dialect("# Voyage\napiVersion: tekton.dev/v1\nkind: Pipeline\n"), Dialect::Tekton);
    }

    #[test]
    fn a_file_introduces_itself_in_its_first_comment() {
        let told = |text| introduction(text);
        assert_eq!(
            told("# Hello\n#\n# One,\n# two.\n\n# not this\n"),
            (Some("Hello".into()), "One, two.".into())
        );
        assert_eq!(told("jobs:\n# later\n"), (None, String::new()));
        assert_eq!(told("#\n"), (None, String::new()));
    }
}
