//! What jobs take from each other and hand on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::parameter::Arguments;
use super::template::{Piece, Template, Unresolved};

/// The longest value that a job may hand on, in bytes.
pub const MAX_OUTPUT_BYTES: usize = 4 << 10;
/// How many values a job may hand on.
pub const MAX_OUTPUTS: usize = 64;
/// The largest workspace that a job may hand on, packed, in bytes.
pub const MAX_WORKSPACE_BYTES: u64 = 16 << 20;

/// The values that a job handed on, by name: Tekton's results as text, Screwdriver's metadata as JSON by its first key.
pub type Outputs = BTreeMap<String, String>;

/// What a job takes from other jobs and hands on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Tekton's results: the names of files in the folder of results whose contents are handed on.
    pub results: Vec<String>,
    /// Screwdriver's metadata: the command `meta` has what the jobs it needs handed on, and what it sets is handed on.
    pub metadata: bool,
    /// The jobs whose workspace is unpacked in its own before the first step, in this order, by place.
    pub takes_workspace_of: Vec<usize>,
    /// Its workspace is packed when its steps are over, because another job takes it.
    pub gives_workspace: bool,
}

/// What must hold for a job to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// What is compared.
    pub input: Template,
    /// How.
    pub operator: Operator,
    /// With what.
    pub values: Vec<Template>,
}

/// How a [`Condition`] compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// The input is one of the values.
    In,
    /// The input is none of the values.
    NotIn,
}

/// What is known when a job's turn comes.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// What the visitor chose.
    pub arguments: &'a Arguments,
    /// What each job handed on, by place; empty where it has not.
    pub outputs: &'a [Outputs],
    /// How each job ended, by place, in Tekton's words: `Succeeded`, `Failed`, `None`.
    pub statuses: &'a [&'static str],
}

impl Known<'_> {
    /// The text of `template` as it is now.
    pub fn resolve(&self, template: &Template) -> Result<String, Unresolved> {
        template.resolve(|piece| match piece {
            Piece::Text(text) => Some(text.clone()),
            Piece::Parameter(name) => self.arguments.get(name).map(str::to_owned),
            Piece::Output { job, name } => self.outputs.get(*job)?.get(name).cloned(),
            Piece::Status { job } => self.statuses.get(*job).map(|status| (*status).to_owned()),
            Piece::Statuses { jobs } => self.status_of_all(jobs).map(str::to_owned),
        })
    }

    fn status_of_all(&self, jobs: &[usize]) -> Option<&'static str> {
        let mut together = "Succeeded";
        for job in jobs {
            match *self.statuses.get(*job)? {
                "Failed" => return Some("Failed"),
                "Succeeded" => {}
                _ => together = "Completed",
            }
        }
        Some(together)
    }

    /// Whether `condition` holds.
    pub fn holds(&self, condition: &Condition) -> Result<bool, Unresolved> {
        let input = self.resolve(&condition.input)?;
        let mut found = false;
        for value in &condition.values {
            found |= self.resolve(value)? == input;
        }
        Ok(found == (condition.operator == Operator::In))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_compare_what_is_known_when_their_moment_comes() {
        let arguments = Arguments::default();
        let outputs = [Outputs::from([("digest".to_owned(), "abc".to_owned())])];
        let known = Known { arguments: &arguments, outputs: &outputs, statuses: &["Succeeded"] };
        let output = |name: &str| Template(vec![Piece::Output { job: 0, name: name.to_owned() }]);
        let condition =
            |input, operator| Condition { input, operator, values: vec!["abc".into(), "x".into()] };
        assert_eq!(known.holds(&condition(output("digest"), Operator::In)), Ok(true));
        assert_eq!(known.holds(&condition(output("digest"), Operator::NotIn)), Ok(false));
        assert_eq!(known.holds(&condition("y".into(), Operator::NotIn)), Ok(true));
        assert!(known.holds(&condition(output("missing"), Operator::In)).is_err());
        assert_eq!(known.resolve(&Template(vec![Piece::Status { job: 0 }])), Ok("Succeeded".to_owned()));
    }

    #[test]
    fn several_jobs_have_one_status_together() {
        let (arguments, statuses) = (Arguments::default(), ["Succeeded", "None", "Failed", "Succeeded"]);
        let known = Known { arguments: &arguments, outputs: &[], statuses: &statuses };
        let together = |jobs: &[usize]| {
            known.resolve(&Template(vec![Piece::Statuses { jobs: jobs.to_vec() }])).map_err(|_| ())
        };
        assert_eq!(together(&[0, 3]), Ok("Succeeded".to_owned()));
        assert_eq!(together(&[0, 1]), Ok("Completed".to_owned()));
        assert_eq!(together(&[1, 2]), Ok("Failed".to_owned()));
        assert_eq!(together(&[0, 4]), Err(()));
    }
}
