//! What the jobs of a run hand to each other: values, metadata, workspaces.
//!
//! It all comes from steps, so that nothing of it is believed: names, sizes and numbers are checked, what is shown is
//! made harmless, and a packed workspace is bytes that only another sandbox opens.

use std::sync::Arc;

use regatta_domain::pipeline::{
    Arguments, MAX_OUTPUT_BYTES, MAX_OUTPUTS, MAX_WORKSPACE_BYTES, Outputs, Pipeline,
};
use serde_json::{Map, Value, json};

use crate::amount::bytes_in_words;
use crate::lines::shown;

/// The most bytes of metadata that a job begins with.
const MAX_METADATA_BYTES: usize = 256 << 10;
/// The longest name of a value, in bytes.
const MAX_NAME_BYTES: usize = 256;
/// Where metadata has what the visitor chose.
const PARAMETERS: &str = "parameters";

/// What the jobs of a run have handed on so far, by their place.
pub(crate) struct Exchange {
    /// What each handed on, as it did.
    outputs: Vec<Outputs>,
    /// What each knew and handed on, for jobs with metadata.
    metadata: Vec<Map<String, Value>>,
    /// Packed workspaces that somebody still takes.
    workspaces: Vec<Option<Arc<[u8]>>>,
    /// Who takes each workspace.
    takers: Vec<Vec<usize>>,
    most_bytes: usize,
    /// What the visitor chose, as metadata has it.
    parameters: Value,
}

impl Exchange {
    /// Nothing handed on yet. Workspaces of `most_bytes` together are kept.
    pub(crate) fn new(pipeline: &Pipeline, arguments: &Arguments, most_bytes: usize) -> Self {
        let jobs = pipeline.jobs.len();
        let mut takers = vec![Vec::new(); jobs];
        for (taker, job) in pipeline.jobs.iter().enumerate() {
            for giver in &job.exchange.takes_workspace_of {
                if let Some(takers) = takers.get_mut(*giver) {
                    takers.push(taker);
                }
            }
        }
        let chosen = arguments.iter().map(|(name, value)| (name.to_owned(), json!({ "value": value })));
        Self {
            outputs: vec![Outputs::new(); jobs],
            metadata: vec![Map::new(); jobs],
            workspaces: vec![None; jobs],
            takers,
            most_bytes,
            parameters: Value::Object(chosen.collect()),
        }
    }

    /// What each job handed on, by place.
    pub(crate) fn outputs(&self) -> &[Outputs] {
        &self.outputs
    }

    /// What a job that needs these begins with, as JSON by first key: theirs merged in this order, and what the visitor
    /// chose.
    pub(crate) fn metadata_for(&self, needed: impl IntoIterator<Item = usize>) -> Result<Outputs, String> {
        let mut merged = Value::Object(Map::new());
        for job in needed {
            if let Some(metadata) = self.metadata.get(job) {
                merge(&mut merged, &Value::Object(metadata.clone()));
            }
        }
        let Value::Object(mut merged) = merged else { return Ok(Outputs::new()) };
        if self.parameters.as_object().is_some_and(|parameters| !parameters.is_empty()) {
            merged.insert(PARAMETERS.to_owned(), self.parameters.clone());
        }
        let metadata: Outputs = merged.into_iter().map(|(key, value)| (key, value.to_string())).collect();
        let bytes: usize = metadata.iter().map(|(key, value)| key.len() + value.len()).sum();
        if bytes > MAX_METADATA_BYTES {
            let most = bytes_in_words(MAX_METADATA_BYTES as u64);
            return Err(format!("the metadata of the jobs it needs has more than {most} together"));
        }
        Ok(metadata)
    }

    /// The packed workspace of a job, where it is there.
    pub(crate) fn workspace(&self, job: usize) -> Option<Arc<[u8]>> {
        self.workspaces.get(job)?.clone()
    }

    /// Keeps what a job handed on when it is over. `knew` is the metadata that it began with.
    pub(crate) fn keep(&mut self, job: usize, outputs: Outputs, knew: Option<&Outputs>) {
        if let Some(knew) = knew {
            let mut known = parsed(knew);
            merge(&mut known, &parsed(&outputs));
            if let Value::Object(known) = known {
                self.metadata[job] = known;
            }
        }
        self.outputs[job] = outputs;
    }

    /// Keeps the packed workspace of a job for those that take it; says why where there is no room for it.
    pub(crate) fn keep_workspace(&mut self, job: usize, packed: Arc<[u8]>) -> Result<(), String> {
        if packed.len() as u64 > MAX_WORKSPACE_BYTES {
            let most = bytes_in_words(MAX_WORKSPACE_BYTES);
            return Err(format!("its workspace, packed, has more than {most}"));
        }
        let kept: usize = self.workspaces.iter().flatten().map(|packed| packed.len()).sum();
        if kept + packed.len() > self.most_bytes {
            let most = bytes_in_words(self.most_bytes as u64);
            return Err(format!(
                "the workspaces that this run keeps for later jobs have more than {most} together"
            ));
        }
        self.workspaces[job] = Some(packed);
        Ok(())
    }

    /// Drops the workspaces whose takers are all over.
    pub(crate) fn forget_what_nobody_takes(&mut self, is_over: impl Fn(usize) -> bool) {
        for (workspace, takers) in self.workspaces.iter_mut().zip(&self.takers) {
            if takers.iter().all(|taker| is_over(*taker)) {
                *workspace = None;
            }
        }
    }
}

/// Merges `from` into `into`, objects key by key and deeply; whatever else stands in both is `from`'s.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

/// Values that are JSON, as one object; others are left out.
fn parsed(values: &Outputs) -> Value {
    let read = |(key, value): (&String, &String)| Some((key.clone(), serde_json::from_str(value).ok()?));
    Value::Object(values.iter().filter_map(read).collect())
}

/// What one job hands on, while it runs.
#[derive(Debug, Default)]
pub(crate) struct Handover {
    /// The results it may hand on; others are nobody's.
    results: Vec<String>,
    /// The metadata it began with, where it has any.
    knew: Option<Outputs>,
    outputs: Outputs,
    fault: Option<String>,
}

impl Handover {
    pub(crate) fn new(results: Vec<String>, knew: Option<Outputs>) -> Self {
        Self { results, knew, ..Self::default() }
    }

    /// Takes a value; `true` where it is one, and news: with what was news before, all that is handed on can be told again.
    pub(crate) fn take(&mut self, name: &str, value: &str) -> bool {
        if self.knew.is_some() && name == PARAMETERS {
            // What the visitor chose stays as it was chosen.
            return false;
        }
        if let Err(fault) = self.check(name, value) {
            self.fault.get_or_insert(fault);
            return false;
        }
        let before = self.outputs.insert(name.to_owned(), value.to_owned());
        match before {
            Some(before) => before != value,
            None => self.is_result(name) || self.known(name) != Some(value),
        }
    }

    /// What is wrong with what it handed on.
    pub(crate) fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// What it handed on, and the metadata that it began with.
    pub(crate) fn into_parts(self) -> (Outputs, Option<Outputs>) {
        (self.outputs, self.knew)
    }

    fn is_result(&self, name: &str) -> bool {
        self.results.iter().any(|result| result == name)
    }

    /// What was known under this name when the job began.
    fn known(&self, name: &str) -> Option<&str> {
        self.knew.as_ref()?.get(name).map(String::as_str)
    }

    fn check(&self, name: &str, value: &str) -> Result<(), String> {
        if name.is_empty() || name.len() > MAX_NAME_BYTES || name.chars().any(char::is_control) {
            return Err("it handed on a value under a name that is none".to_owned());
        }
        let told = shown(name);
        if value.len() > MAX_OUTPUT_BYTES {
            let most = bytes_in_words(MAX_OUTPUT_BYTES as u64);
            return Err(format!("the value that it handed on as {told} has more than {most}"));
        }
        if self.outputs.len() >= MAX_OUTPUTS && !self.outputs.contains_key(name) {
            return Err(format!("it handed on more than {MAX_OUTPUTS} values"));
        }
        let declared = self.is_result(name);
        match &self.knew {
            Some(_) if !declared && serde_json::from_str::<Value>(value).is_err() => {
                Err(format!("the metadata that it handed on as {told} is no JSON"))
            }
            None if !declared => Err(format!("it handed on {told}, which is none of its results")),
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use regatta_domain::pipeline::{Exchange as Wishes, Job};

    use super::*;

    fn outputs(pairs: &[(&str, &str)]) -> Outputs {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn exchange(jobs: usize) -> Exchange {
        let jobs = (0..jobs).map(|at| Job::new(format!("job-{at}"), "shell", vec![])).collect();
        Exchange::new(&Pipeline { jobs, ..Pipeline::default() }, &Arguments::default(), 1 << 20)
    }

    #[test]
    fn metadata_is_merged_deeply_in_the_order_of_needs() {
        let mut exchange = exchange(3);
        exchange.keep(0, outputs(&[("a", r#"{"x":1,"y":{"z":[1]}}"#), ("b", "1")]), Some(&Outputs::new()));
        exchange.keep(1, outputs(&[("a", r#"{"x":2,"y":{"w":true}}"#)]), Some(&Outputs::new()));
        let merged = exchange.metadata_for([0, 1]).unwrap();
        assert_eq!(merged, outputs(&[("a", r#"{"x":2,"y":{"w":true,"z":[1]}}"#), ("b", "1")]));
        let merged = exchange.metadata_for([1, 0]).unwrap();
        assert_eq!(merged["a"], r#"{"x":1,"y":{"w":true,"z":[1]}}"#);
    }

    #[test]
    fn metadata_is_carried_through_jobs_that_add_nothing() {
        let mut exchange = exchange(3);
        exchange.keep(0, outputs(&[("a", "1")]), Some(&Outputs::new()));
        let knew = exchange.metadata_for([0]).unwrap();
        exchange.keep(1, Outputs::new(), Some(&knew));
        assert_eq!(exchange.metadata_for([1]).unwrap(), outputs(&[("a", "1")]));
        exchange.keep(2, outputs(&[("a", "tekton's own text")]), None);
        assert_eq!(exchange.metadata_for([2]).unwrap(), Outputs::new(), "results are no metadata");
    }

    #[test]
    fn too_much_metadata_is_refused() {
        let mut exchange = exchange(20);
        let long = format!("\"{}\"", "x".repeat(MAX_OUTPUT_BYTES - 2));
        for job in 0..20 {
            let outputs = (0..4).map(|at| (format!("k{job}-{at}"), long.clone())).collect();
            exchange.keep(job, outputs, Some(&Outputs::new()));
        }
        assert!(exchange.metadata_for(0..10).is_ok());
        assert!(exchange.metadata_for(0..20).unwrap_err().contains("256 KiB"));
    }

    #[test]
    fn workspaces_are_kept_while_somebody_takes_them_and_there_is_room() {
        let mut jobs: Vec<Job> = (0..3).map(|at| Job::new(format!("job-{at}"), "shell", vec![])).collect();
        jobs[2].exchange = Wishes { takes_workspace_of: vec![0, 1], ..Wishes::default() };
        let pipeline = Pipeline { jobs, ..Pipeline::default() };
        let mut exchange = Exchange::new(&pipeline, &Arguments::default(), 10);
        exchange.keep_workspace(0, vec![0; 6].into()).unwrap();
        assert!(exchange.keep_workspace(1, vec![0; 5].into()).unwrap_err().contains("10 bytes"));
        exchange.forget_what_nobody_takes(|job| job != 2);
        assert!(exchange.workspace(0).is_some());
        exchange.forget_what_nobody_takes(|_| true);
        assert_eq!(exchange.workspace(0), None);
    }

    #[test]
    fn a_job_hands_on_what_it_said_it_would() {
        let mut handover = Handover::new(vec!["digest".to_owned()], None);
        assert!(handover.take("digest", "any text, JSON or not"));
        assert!(!handover.take("other", "x"));
        assert_eq!(handover.fault(), Some("it handed on other, which is none of its results"));
        assert_eq!(handover.into_parts().0, outputs(&[("digest", "any text, JSON or not")]));
    }

    #[test]
    fn what_a_job_knew_before_is_no_news_but_handed_on_all_the_same() {
        let knew = outputs(&[("a", "1"), ("parameters", r#"{"p":{"value":"x"}}"#)]);
        let mut handover = Handover::new(vec![], Some(knew));
        assert!(!handover.take("a", "1"));
        assert!(handover.take("b", "{}"));
        assert!(handover.take("a", "2"));
        assert!(!handover.take("parameters", r#"{"p":{"value":"forged"}}"#));
        assert_eq!(handover.fault(), None);
        assert_eq!(handover.into_parts().0, outputs(&[("a", "2"), ("b", "{}")]));
    }

    #[test]
    fn a_value_that_changes_back_is_news() {
        let knew = outputs(&[("a", "1")]);
        let mut handover = Handover::new(vec!["a".to_owned()], Some(knew));
        let news = ["1", "1", "2", "2", "1"].map(|value| handover.take("a", value));
        assert_eq!(news, [true, false, true, false, true], "also what was known, where it is a result");
        let mut handover = Handover::new(vec![], Some(outputs(&[("a", "1")])));
        assert_eq!(["1", "2", "1"].map(|value| handover.take("a", value)), [false, true, true]);
    }

    #[test]
    fn sizes_numbers_and_names_are_checked() {
        let fault = |name: &str, value: &str| {
            let mut handover = Handover::new(vec![], Some(Outputs::new()));
            assert!(!handover.take(name, value));
            handover.fault().unwrap().to_owned()
        };
        assert!(fault("a", &format!("\"{}\"", "x".repeat(MAX_OUTPUT_BYTES))).contains("more than 4 KiB"));
        assert!(fault("a", "not JSON").contains("no JSON"));
        for name in ["", "a\nb", &"x".repeat(MAX_NAME_BYTES + 1)] {
            assert!(fault(name, "1").contains("name"), "{name:?}");
        }
        let mut handover = Handover::new(vec![], Some(Outputs::new()));
        assert!((0..MAX_OUTPUTS).all(|at| handover.take(&format!("k{at}"), "1")));
        assert!(!handover.take("one more", "1"));
        assert!(handover.fault().unwrap().contains("more than 64"));
    }
}
