//! One file per command of the program.

pub mod check;
pub mod serve;

use regatta_content::Library;

/// What a content folder holds, in a line.
fn summary(library: &Library) -> String {
    let count = |many: usize, one: &str| format!("{many} {one}{}", if many == 1 { "" } else { "s" });
    [
        count(library.ambassadors().len(), "ambassador"),
        count(library.events().len(), "meetup"),
        count(library.posts().len(), "post"),
        count(library.pipelines().len(), "pipeline"),
    ]
    .join(", ")
}
