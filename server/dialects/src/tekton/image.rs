//! Images: the one that a task's steps agree on.

use regatta_domain::pipeline::{NoteKind, Template};

use super::reader::Reader;
use super::scope::Scope;
use super::task::Task;
use crate::findings::quoted;
use crate::yaml::Place;

/// Images with a shell and little else, and what they run where a step has arguments alone: Tekton takes that from the
/// image.
const PLAIN: [(&str, &[&str]); 5] =
    [("alpine", &["sh"]), ("bash", &[]), ("busybox", &["sh"]), ("debian", &["bash"]), ("ubuntu", &["bash"])];

/// The longest image, in bytes.
const MAX_IMAGE_BYTES: usize = 200;

/// The image of all steps of `task`: what the first one says. Where another one says something that its author must mean
/// differently, that is refused, since a job has one sandbox.
pub fn of_a_task(reader: &mut Reader<'_>, task: &Task<'_, '_>, scope: &Scope<'_>) -> String {
    let template = task.template(reader);
    let mut first: Option<String> = None;
    for step in task.step_fields(reader) {
        let from_template = || template.and_then(|fields| fields.get("image"));
        let Some(node) = step.get("image").or_else(from_template) else {
            if step.get("ref").is_none() {
                let hint = "write `image:` in the step, or in `stepTemplate` for all steps";
                reader.findings.wrong_with_hint(step.place, "a step has no `image`", hint);
            }
            continue;
        };
        let template = reader.text(node, "`image`", scope);
        let Some(image) = chosen(reader, &template, node.place) else { continue };
        match &first {
            None => first = Some(image),
            Some(first) => compare(reader, first, &image, node.place),
        }
    }
    first.unwrap_or_default()
}

fn chosen(reader: &mut Reader<'_>, template: &Template, place: Place) -> Option<String> {
    let image = reader.settled(template, place)?.trim().to_owned();
    if image.starts_with("uses:") {
        let message = format!("the step {} would have to be fetched", quoted(&image));
        let hint = "write its steps out; `jx pipeline effective` does";
        reader.findings.refused_with_hint(place, message, hint);
        return None;
    }
    if image.is_empty() || image.len() > MAX_IMAGE_BYTES || image.chars().any(|c| c.is_control() || c == ' ')
    {
        let message = format!("{} cannot be an image", quoted(&image));
        reader.findings.wrong(place, message);
        return None;
    }
    Some(image)
}

fn compare(reader: &mut Reader<'_>, first: &str, image: &str, place: Place) {
    if first == image {
        return;
    }
    let (ours, theirs) = (quoted(image), quoted(first));
    let are_plain = [first, image].into_iter().all(|image| plain(image).is_some());
    if repository(first) == repository(image) || are_plain {
        let text = format!(
            "this step runs in {theirs} like the first one, not in {ours}: a task has one sandbox here"
        );
        reader.findings.note(NoteKind::Simulated, place, text);
    } else {
        let message =
            format!("this step runs in {ours}, and the first one in {theirs}: a task has one image here");
        let hint = "make a task of its own of it; a workspace hands on files";
        reader.findings.refused_with_hint(place, message, hint);
    }
}

fn plain(image: &str) -> Option<&'static [&'static str]> {
    let name = repository(image);
    PLAIN.iter().find(|(plain, _)| *plain == name).map(|(_, words)| *words)
}

/// The words before the arguments of a step that has neither a script nor a command, the first of them being `first`;
/// nothing where only the image knows.
pub fn entrypoint(image: &str, first: &str) -> Option<&'static [&'static str]> {
    // The image of bash takes what is no option for a command.
    plain(image).map(|words| if words.is_empty() && first.starts_with('-') { &["bash"] } else { words })
}

/// An image without its tag and digest, and without the registry and folder that everybody means.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    let image = match image.rsplit_once(':') {
        Some((before, tag)) if !tag.contains('/') => before,
        _ => image,
    };
    let registry = ["docker.io/", "mirror.gcr.io/", "public.ecr.aws/docker/"];
    let image = registry.into_iter().find_map(|registry| image.strip_prefix(registry)).unwrap_or(image);
    image.strip_prefix("library/").unwrap_or(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_repositories_from_tags() {
        assert_eq!(repository("docker.io/library/alpine:3.20@sha256:abc"), "alpine");
        assert_eq!(repository("mirror.gcr.io/bash@sha256:abc"), "bash");
        assert_eq!(repository("registry:5000/team/tool"), "registry:5000/team/tool");
        assert_eq!(repository("registry:5000/team/tool:1"), "registry:5000/team/tool");
    }

    #[test]
    fn knows_what_plain_images_run() {
        assert_eq!(entrypoint("busybox:1", "-c"), Some(&["sh"][..]));
        assert_eq!(entrypoint("mirror.gcr.io/ubuntu", "-c"), Some(&["bash"][..]));
        assert_eq!(entrypoint("bash:5", "echo"), Some(&[][..]));
        assert_eq!(entrypoint("bash:5", "-c"), Some(&["bash"][..]));
        assert_eq!(entrypoint("alpine/git", "clone"), None);
    }
}
