//! Names of jobs and stages, and the places of the jobs that they stand for.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use regatta_domain::pipeline::{Need, Needs, Stage};

use super::is_word;
use super::join::Parts;
use super::requires::Named;
use super::settings::Draft;
use super::stages::Written;
use crate::findings::{Findings, quoted};
use crate::hint;

/// Which names stand for which of the pipeline's jobs.
pub struct Places<'p> {
    parts: &'p Parts,
    of_draft: Vec<Range<usize>>,
    by_name: BTreeMap<&'p str, usize>,
}

impl<'p> Places<'p> {
    /// The places of the jobs that `parts` become, in the order they are written.
    pub fn of(parts: &'p Parts) -> Self {
        let mut next = 0;
        let of_draft = parts.drafts.iter().map(|draft| {
            let first = next;
            next += draft.matrix.size();
            first..next
        });
        let by_name = parts.drafts.iter().enumerate().map(|(at, draft)| (draft.name.as_str(), at));
        Self { parts, of_draft: of_draft.collect(), by_name: by_name.collect() }
    }

    /// The draft that became the job at `place`.
    pub fn draft(&self, place: usize) -> Option<&'p Draft> {
        let at = self.of_draft.iter().position(|range| range.contains(&place))?;
        self.parts.drafts.get(at)
    }

    /// What the jobs of `draft` need. All of `all`, or one of `any`; where one of `any` stands for several jobs, it takes
    /// the place of `all`, and two such ways cannot be told.
    pub fn needs(&self, draft: &Draft, findings: &mut Findings) -> Needs {
        let requires = &draft.requires;
        let mut all: BTreeSet<usize> = BTreeSet::new();
        let mut in_order = Vec::new();
        for named in &requires.all {
            in_order.extend(self.find(named, findings).into_iter().filter(|job| all.insert(*job)));
        }
        let mut any = Vec::new();
        for named in &requires.any {
            match self.find(named, findings).as_slice() {
                [] => {}
                [one] => any.push(*one),
                several if requires.all.is_empty() && in_order.is_empty() => in_order.extend(several),
                _ => findings.refused_with_hint(
                    named.place,
                    format!(
                        "{} stands for several jobs and cannot be one of several ways here",
                        quoted(&named.name)
                    ),
                    "require it without `~`, or alone",
                ),
            }
        }
        let mut needs = Needs::successes(&in_order, &any);
        let known = |named: &Named| self.by_name.get(named.name.as_str()).copied();
        let ends = requires.ends.iter().filter_map(known).flat_map(|at| self.of_draft[at].clone());
        needs.all.extend(ends.map(Need::end));
        needs
    }

    /// The jobs that `named` stands for; where there is no such name, that is told.
    fn find(&self, named: &Named, findings: &mut Findings) -> Vec<usize> {
        if let Some(at) = self.by_name.get(named.name.as_str()) {
            return self.of_draft[*at].clone().collect();
        }
        let stage =
            named.name.strip_prefix("stage@").map(|name| name.strip_suffix(":teardown").unwrap_or(name));
        let stage = stage.and_then(|name| self.parts.stages.iter().find(|stage| stage.name == name));
        let found = stage.map_or_else(Vec::new, |stage| self.end_of(stage));
        if found.is_empty() && !self.parts.left_out.contains(&named.name) {
            self.tell_unknown(named, findings);
        }
        found
    }

    /// The jobs whose success is the stage's: the last ones, and the teardown.
    fn end_of(&self, stage: &Written) -> Vec<usize> {
        let drafts: Vec<&Draft> = stage
            .jobs
            .iter()
            .filter_map(|named| self.by_name.get(named.name.as_str()))
            .map(|at| &self.parts.drafts[*at])
            .collect();
        let required: HashSet<&str> = drafts
            .iter()
            .flat_map(|draft| draft.requires.all.iter().chain(&draft.requires.any))
            .map(|named| named.name.as_str())
            .collect();
        let teardown = stage.teardown_name();
        let last = drafts.iter().map(|draft| draft.name.as_str()).filter(|name| !required.contains(name));
        last.chain([teardown.as_str()])
            .filter_map(|name| self.by_name.get(name))
            .flat_map(|at| self.of_draft[*at].clone())
            .collect()
    }

    fn tell_unknown(&self, Named { place, name }: &Named, findings: &mut Findings) {
        if let Some(wanted) = name.strip_prefix("stage@") {
            let names: Vec<&str> = self.parts.stages.iter().map(|stage| stage.name.as_str()).collect();
            let of_stage = wanted.strip_suffix(":teardown").unwrap_or(wanted);
            if names.contains(&of_stage) {
                let message = format!("the stage {} has no jobs to wait for", quoted(of_stage));
                return findings.wrong(*place, message);
            }
            let message = format!("there is no stage {}", quoted(wanted));
            return findings.wrong_with_hint(*place, message, hint::choice(wanted, &names));
        }
        let names: Vec<&str> = self.by_name.keys().copied().collect();
        let hint = if is_word(name) { hint::choice(name, &names) } else { "name a job of this file".into() };
        findings.wrong_with_hint(*place, format!("there is no job {}", quoted(name)), hint);
    }

    /// The stages with their jobs; names that stand for none are told.
    pub fn stages(&self, findings: &mut Findings) -> Vec<Stage> {
        let make = |stage: &Written| {
            for named in &stage.jobs {
                if !self.by_name.contains_key(named.name.as_str())
                    && !self.parts.left_out.contains(&named.name)
                {
                    self.tell_unknown(named, findings);
                }
            }
            let own = format!("stage@{}:setup", stage.name);
            let teardown = stage.teardown_name();
            let names = [own.as_str()].into_iter();
            let names =
                names.chain(stage.jobs.iter().map(|named| named.name.as_str())).chain([teardown.as_str()]);
            let jobs =
                names.filter_map(|name| self.by_name.get(name)).flat_map(|at| self.of_draft[*at].clone());
            Stage { name: stage.name.clone(), description: stage.description.clone(), jobs: jobs.collect() }
        };
        self.parts.stages.iter().map(make).collect()
    }
}
