//! `image`: what a job runs in.

use super::expected;
use super::variables::Variables;
use crate::findings::{Findings, quoted};
use crate::yaml::{Node, Place, Value};

/// Characters that Screwdriver takes in no image.
const FORBIDDEN: &str = ";&|><*?`$()!#'\" ";

/// The longest image, in bytes.
const MAX_BYTES: usize = 200;

/// An image as it is written; empty where it is wrong and that was told.
#[derive(Clone, Debug, Default)]
pub struct Image {
    place: Option<Place>,
    text: String,
}

/// Reads an image.
pub fn read(node: &Node<'_>, findings: &mut Findings) -> Image {
    let Value::Text(text) = &node.value else {
        findings.tell(expected(node, "`image`", "text"));
        return Image::default();
    };
    match fault(text) {
        Some(fault) => {
            findings.wrong(node.place, fault);
            Image::default()
        }
        None => Image { place: Some(node.place), text: text.clone().into_owned() },
    }
}

fn fault(image: &str) -> Option<String> {
    if image.is_empty() || image.len() > MAX_BYTES {
        return Some(format!("an image has 1 to {MAX_BYTES} characters"));
    }
    let forbidden = |c: char| c.is_control() || FORBIDDEN.contains(c);
    image.chars().any(forbidden).then(|| format!("{} cannot be an image", quoted(image)))
}

impl Image {
    /// The image with each `{{VARIABLE}}` as the job has it, which is how a matrix chooses images.
    pub fn with(&self, variables: &Variables, findings: &mut Findings) -> String {
        let mut image = String::new();
        let mut rest = self.text.as_str();
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, after)) = after.split_once("}}") else { break };
            image.push_str(before);
            rest = after;
            match variables.get(name.trim()) {
                Some(value) => image.push_str(value),
                None => findings.wrong_with_hint(
                    self.place.unwrap_or(Place::START),
                    format!("the image asks for {}, and the job has no such variable", quoted(name.trim())),
                    "write it in `environment` or `matrix`",
                ),
            }
        }
        image.push_str(rest);
        if image != self.text
            && let Some(fault) = fault(&image)
        {
            findings.wrong(self.place.unwrap_or(Place::START), fault);
        }
        image
    }
}
