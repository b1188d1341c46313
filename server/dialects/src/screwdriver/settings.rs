//! What `shared` and a job say, and what becomes of both together.

use super::annotations::{self, Annotations};
use super::environment;
use super::image::{self, Image};
use super::matrix::{self, Matrix};
use super::parameters::{self, Declared};
use super::requires::{self, Requires};
use super::steps::{self, Written};
use super::variables::Variables;
use super::{expected, keys};
use crate::findings::{Findings, quoted};
use crate::yaml::{Key, Node, Place, Value};

/// What `shared` or a job says. What it says wrongly, or in a way that was refused, is there and empty, so that it does
/// not count as missing as well.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    annotations: Annotations,
    description: Option<String>,
    environment: Variables,
    image: Option<Image>,
    matrix: Option<Matrix>,
    parameters: Option<Vec<Declared>>,
    requires: Option<Requires>,
    steps: Option<Vec<Written>>,
}

/// A job as it is written, `shared` included, that knows the others by their names only.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Where it is written.
    pub place: Place,
    /// The name by which others require it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What its annotations ask for.
    pub annotations: Annotations,
    /// The variables that it sets.
    pub environment: Variables,
    /// What it runs in.
    pub image: Image,
    /// The jobs it becomes.
    pub matrix: Matrix,
    /// The parameters that it brings.
    pub parameters: Vec<Declared>,
    /// What it waits for.
    pub requires: Requires,
    /// What it does.
    pub steps: Vec<Written>,
}

impl Settings {
    /// Reads what stands below `key`.
    pub fn read(key: &Key, node: &Node<'_>, findings: &mut Findings) -> Self {
        let mut settings = Self::default();
        let entries = match &node.value {
            Value::Map(entries) => entries,
            Value::Null => return settings,
            _ => {
                findings.tell(expected(node, &quoted(&key.name), "a mapping with `image` and `steps`"));
                settings.excuse("template");
                return settings;
            }
        };
        for (key, node) in entries {
            if keys::JOB.admits(key, findings) {
                settings.read_one(key, node, findings);
            } else {
                settings.excuse(keys::JOB.meant(&key.name).unwrap_or_default());
            }
        }
        settings
    }

    fn read_one(&mut self, key: &Key, node: &Node<'_>, findings: &mut Findings) {
        match key.name.as_str() {
            "annotations" => self.annotations = annotations::read(node, findings),
            "description" => self.description = read_description(node, findings),
            "environment" => self.environment = environment::read(node, findings),
            "image" => self.image = Some(image::read(node, findings)),
            "matrix" => self.matrix = Some(matrix::read(key, node, findings)),
            "parameters" => self.parameters = Some(parameters::read(key, node, findings)),
            "requires" => self.requires = Some(requires::read(node, findings)),
            "secrets" => refuse_secrets(key, node, findings),
            _ => self.steps = Some(steps::read(node, findings)),
        }
    }

    /// Takes what the key `meant` would have brought for said: it was told why it brings nothing.
    fn excuse(&mut self, meant: &str) {
        if matches!(meant, "image" | "template") {
            self.image.get_or_insert_default();
        }
        if matches!(meant, "steps" | "template") {
            self.steps.get_or_insert_default();
        }
    }

    /// The job called `name` at `place` that says this, with what `shared` says where it says nothing itself. Variables and
    /// annotations are taken together one by one, all else as a whole.
    pub fn into_draft(self, place: Place, name: &str, shared: &Self, findings: &mut Findings) -> Draft {
        let image = self.image.or_else(|| shared.image.clone()).unwrap_or_else(|| {
            findings.wrong_with_hint(
                place,
                format!("the job {} has no image", quoted(name)),
                "write `image:` in the job, or in `shared` for all jobs",
            );
            Image::default()
        });
        let steps = self.steps.or_else(|| shared.steps.clone()).unwrap_or_else(|| {
            findings.wrong(place, format!("the job {} has no steps", quoted(name)));
            Vec::new()
        });
        let mut environment = shared.environment.clone();
        environment.extend(&self.environment);
        Draft {
            place,
            name: name.to_owned(),
            description: self.description.or_else(|| shared.description.clone()),
            annotations: self.annotations.over(&shared.annotations),
            environment,
            image,
            matrix: self.matrix.or_else(|| shared.matrix.clone()).unwrap_or_default(),
            parameters: self.parameters.or_else(|| shared.parameters.clone()).unwrap_or_default(),
            requires: self.requires.or_else(|| shared.requires.clone()).unwrap_or_default(),
            steps,
        }
    }

    /// What it waits for, where it says so itself.
    pub fn requires(&self) -> Option<&Requires> {
        self.requires.as_ref()
    }
}

/// The text of a description.
pub fn read_description(node: &Node<'_>, findings: &mut Findings) -> Option<String> {
    let text = node.text();
    if text.is_none() && !matches!(node.value, Value::Null) {
        findings.tell(expected(node, "`description`", "text"));
    }
    text.map(String::from).filter(|text| !text.trim().is_empty())
}

fn refuse_secrets(key: &Key, node: &Node<'_>, findings: &mut Findings) {
    let asks = match &node.value {
        Value::Null => false,
        Value::List(items) => !items.is_empty(),
        _ => true,
    };
    if asks {
        findings.refused_with_hint(
            key.place,
            "`secrets` cannot be run here: there are none, and steps that need one could not do their work",
            "leave the key out, and see the steps run without them",
        );
    }
}
