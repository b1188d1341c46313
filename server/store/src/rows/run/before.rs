//! Pipelines as earlier versions of the program wrote them.
//!
//! They named the jobs that a job needs by their places alone, and a variable's value was a text. Everything that a
//! pipeline gained since then has a value that stands for "not said".

use regatta_domain::pipeline::Pipeline;
use serde_json::{Value, json};

/// Reads a pipeline that this version or an earlier one wrote.
pub fn pipeline(stored: &str) -> serde_json::Result<Pipeline> {
    // Most are of this version: nothing is spent on them.
    serde_json::from_str(stored).or_else(|_| {
        let mut pipeline: Value = serde_json::from_str(stored)?;
        let jobs = pipeline.get_mut("jobs").and_then(Value::as_array_mut);
        jobs.into_iter().flatten().for_each(renew_job);
        serde_json::from_value(pipeline)
    })
}

fn renew_job(job: &mut Value) {
    fields_of(job, "needs").for_each(renew_needs);
    fields_of(job, "environment").for_each(renew_value);
}

fn fields_of<'v>(job: &'v mut Value, name: &str) -> impl Iterator<Item = &'v mut Value> {
    let fields = job.get_mut(name).and_then(Value::as_object_mut);
    fields.into_iter().flat_map(|fields| fields.values_mut())
}

/// Places alone meant the success of these jobs.
fn renew_needs(needs: &mut Value) {
    for need in needs.as_array_mut().into_iter().flatten() {
        if need.is_u64() {
            *need = json!({ "job": need, "accepts": "success" });
        }
    }
}

fn renew_value(value: &mut Value) {
    if value.is_string() {
        *value = json!([{ "text": value }]);
    }
}

#[cfg(test)]
mod tests {
    use regatta_domain::pipeline::{Job, Needs, Note, NoteKind, Step};

    use super::*;

    #[test]
    fn reads_what_the_first_version_wrote() {
        let stored = r#"{
            "jobs": [
                {"name": "build", "needs": {"all": [], "any": []}, "image": "shell",
                 "environment": {"GREETING": "ahoy \u0000 {\"text\":1}", "EMPTY": ""},
                 "steps": [{"name": "make", "script": "make\n", "always": false}]},
                {"name": "ship", "needs": {"all": [0], "any": [0]}, "image": "shell", "environment": {},
                 "steps": [{"name": "clean", "script": "rm x", "always": true}]}
            ],
            "notes": [{"line": 3, "text": "left out"}]
        }"#;
        let mut build = Job::new("build", "shell", vec![Step::new("make", "make\n")]);
        build.environment =
            [("GREETING".to_owned(), "ahoy \0 {\"text\":1}".into()), ("EMPTY".to_owned(), "".into())].into();
        let mut ship = Job::new("ship", "shell", vec![Step::new("clean", "rm x").always()]);
        ship.needs = Needs::successes(&[0], &[0]);
        let note = Note { line: Some(3), kind: NoteKind::Ignored, text: "left out".into() };
        let expected = Pipeline { jobs: vec![build, ship], notes: vec![note], ..Pipeline::default() };
        assert_eq!(pipeline(stored).unwrap(), expected);
        let written = serde_json::to_string(&expected).unwrap();
        assert_eq!(pipeline(&written).unwrap(), expected, "this version's are read as they are");
    }

    #[test]
    fn what_no_version_wrote_is_refused() {
        for stored in
            ["", "7", "{}", r#"{"jobs":{},"notes":[]}"#, r#"{"jobs":[{"needs":{"all":["x"]}}],"notes":[]}"#]
        {
            assert!(pipeline(stored).is_err(), "{stored}");
        }
    }
}
