//! The smallest texts that run, to begin one's own with.

use regatta_domain::pipeline::Dialect;

/// The smallest text of `dialect` that runs.
pub fn smallest(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Screwdriver => include_str!("smallest/screwdriver.yaml"),
        Dialect::Tekton => include_str!("smallest/tekton.yaml"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_texts_run_and_are_recognised() {
        for dialect in Dialect::ALL {
            let text = smallest(dialect);
            assert_eq!(regatta_dialects::detect(text), dialect);
            let reading = regatta_dialects::read(dialect, text);
            assert!(reading.is_runnable(), "{:?}", reading.diagnostics);
        }
    }
}
