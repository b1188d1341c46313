//! What comes of reading one file.

use regatta_domain::pipeline::Diagnostic;
use regatta_domain::slug::Slug;

use crate::document::{At, Report};

/// What a file holds, where it holds something that can be shown, and what is wrong with it.
#[derive(Debug)]
pub struct Reading<Item> {
    /// What it holds; absent where the file is broken.
    pub item: Option<Item>,
    /// What is wrong.
    pub problems: Vec<Diagnostic>,
    /// The demos that its text shows, which must be there.
    pub demos: Vec<At<Slug>>,
}

impl<Item> Reading<Item> {
    /// Nothing could be read.
    pub fn broken(problems: Vec<Diagnostic>) -> Self {
        Self { item: None, problems, demos: Vec::new() }
    }

    /// Something was read. It counts if the report leaves it whole.
    pub fn of(item: Option<Item>, report: Report) -> Self {
        Self { item: item.filter(|_| !report.broken), problems: report.problems, demos: report.demos }
    }
}
