//! What runs have around them: what isolates them and how that was tried out, images, limits.

use leptos::prelude::*;

use super::dates::moment;
use super::openness::{IsolationStatus, Openness, Sandbox};
use super::state_mark::legend;

/// What runs have around them, beside what isolates them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// What pipelines may name as their image, and what that means here.
    pub images: Vec<ImageAlias>,
    /// Images that are run as another one, in words.
    pub stand_ins: Vec<String>,
    /// What one run may use, one limit a line: "60 seconds from start to end".
    pub limits: Vec<String>,
    /// What could isolate jobs, and why it does not at the moment.
    pub missing: Vec<MissingSandbox>,
}

/// A name for what a job runs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageAlias {
    /// The name as pipelines write it.
    pub alias: String,
    /// What it means to each executor that knows it: the executor's name, and the meaning or why it cannot be had.
    pub meanings: Vec<(String, Result<ImageContents, String>)>,
}

/// What an image's alias means to an executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageContents {
    /// In words: "host tools: a listed part of this machine's /usr".
    pub description: String,
    /// The tools in it, each with its version.
    pub tools: Vec<(String, String)>,
}

/// Something that does not isolate jobs at the moment, though it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingSandbox {
    /// Its name: `kubernetes`.
    pub executor: String,
    /// Why not, in words for visitors.
    pub reason: String,
}

/// The section of a page that tells all of it.
pub fn around(openness: &Openness, surroundings: &Surroundings) -> AnyView {
    let sandboxes = match &openness.isolation {
        IsolationStatus::Ready(sandboxes) => sandboxes.as_slice(),
        IsolationStatus::Checking | IsolationStatus::Unavailable { .. } => &[],
    };
    let missing = if sandboxes.is_empty() { &[] } else { surroundings.missing.as_slice() };
    view! {
        <section class="around" aria-labelledby="around">
            <h2 id="around" class="section-title">"What a run has around it"</h2>
            {openness.isolation_words().map(|words| view! { <p class="measured">{words}</p> })}
            {missing.iter().map(not_to_be_had).collect_view()}
            <div class="around-parts">
                <div>
                    <h3 id="images">"Images"</h3>
                    <p class="field-hint">"What a job runs in is called its image. Pipelines name it."</p>
                    {surroundings.images.iter().map(image).collect_view()}
                    {stand_ins(&surroundings.stand_ins)}
                </div>
                {listed("limits", "Limits", &surroundings.limits)}
                <div><h3>"How states look"</h3>{legend()}</div>
                {sandboxes.iter().map(findings).collect_view()}
            </div>
        </section>
    }
    .into_any()
}

fn not_to_be_had(missing: &MissingSandbox) -> AnyView {
    let MissingSandbox { executor, reason } = missing;
    let words = format!("At the moment without {executor}: {}.", reason.trim_end_matches('.'));
    view! { <p class="measured">{words}</p> }.into_any()
}

fn stand_ins(rules: &[String]) -> Option<AnyView> {
    (!rules.is_empty()).then(|| {
        let rules = rules.iter().map(|rule| view! { <li>{rule.clone()}</li> }).collect_view();
        view! { <ul class="stand-ins">{rules}</ul> }.into_any()
    })
}

fn findings(sandbox: &Sandbox) -> AnyView {
    let lines = |lines: &[String]| lines.iter().map(|line| view! { <li>{line.clone()}</li> }).collect_view();
    let when = sandbox.probed_at.map(|at| {
        view! { "This was " <time datetime=at.to_string()>{moment(at)}</time> ". " }
    });
    view! {
        <div class="probe">
            <h3>{format!("What the probe of {} showed", sandbox.executor)}</h3>
            <p class="field-hint measured">
                "The portal attacks its own sandbox before it lets anybody else in. " {when}
                {format!("What it is: {}.", sandbox.level.words())}
            </p>
            <ul>{lines(&sandbox.findings)}</ul>
            {(!sandbox.sizes.is_empty()).then(|| view! { <h4>"Sizes"</h4> <ul>{lines(&sandbox.sizes)}</ul> })}
        </div>
    }
    .into_any()
}

fn listed(id: &'static str, title: &'static str, lines: &[String]) -> Option<AnyView> {
    (!lines.is_empty()).then(|| {
        let lines = lines.iter().map(|line| view! { <li>{line.clone()}</li> }).collect_view();
        view! { <div><h3 id=id>{title}</h3><ul>{lines}</ul></div> }.into_any()
    })
}

fn image(image: &ImageAlias) -> AnyView {
    let by_whom = image.meanings.len() > 1;
    let meaning = |(executor, meaning): &(String, Result<ImageContents, String>)| {
        let name = by_whom.then(|| view! { <p class="image-where">{format!("By {executor}:")}</p> });
        let meaning = match meaning {
            Ok(contents) => contents_of(contents),
            Err(reason) => {
                view! { <p class="unavailable">{format!("Not to be had here: {reason}")}</p> }.into_any()
            }
        };
        view! { {name} {meaning} }
    };
    let meanings = image.meanings.iter().map(meaning).collect_view();
    view! { <div class="image"><h4><code>{image.alias.clone()}</code></h4>{meanings}</div> }.into_any()
}

fn contents_of(contents: &ImageContents) -> AnyView {
    let tool = |(name, version): &(String, String)| {
        view! { <div><dt>{name.clone()}</dt><dd>{version.clone()}</dd></div> }
    };
    let tools = (!contents.tools.is_empty()).then(|| {
        view! {
            <details>
                <summary>{format!("{} tools and their versions", contents.tools.len())}</summary>
                <dl class="tools">{contents.tools.iter().map(tool).collect_view()}</dl>
            </details>
        }
    });
    view! { <p>{shortened(&contents.description)}</p> {tools} }.into_any()
}

/// Words in which every digest has its first twelve digits only: enough to tell images apart.
fn shortened(words: &str) -> String {
    const SHOWN: usize = 12;
    let mut parts = words.split("sha256:");
    let mut short = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_hexdigit).count();
        short.push_str("sha256:");
        short.push_str(&part[..digits.min(SHOWN)]);
        short.push_str(if digits > SHOWN { "…" } else { "" });
        short.push_str(&part[digits..]);
    }
    short
}

#[cfg(test)]
mod tests {
    use regatta_domain::run::IsolationLevel;
    use regatta_domain::switches::Switches;

    use super::*;
    use crate::render;

    fn told(openness: &Openness, surroundings: &Surroundings) -> String {
        render::fragment(|| around(openness, surroundings)).replace("<!>", "")
    }

    #[test]
    fn a_cluster_tells_when_it_was_tried_out_what_it_gives_and_what_images_are() {
        let sandbox = Sandbox {
            executor: "kubernetes".into(),
            level: IsolationLevel::VirtualMachine,
            findings: vec!["no token is mounted".into()],
            probed_at: Some("2026-11-23T06:12:00Z".parse().unwrap()),
            sizes: vec!["1 processor and 512 MiB of memory for each pod".into()],
        };
        let openness =
            Openness { isolation: IsolationStatus::Ready(vec![sandbox]), switches: Switches::default() };
        let digest = "0123456789abcdef".repeat(4);
        let contents = |words: &str| Ok(ImageContents { description: words.to_owned(), tools: Vec::new() });
        let surroundings = Surroundings {
            images: vec![ImageAlias {
                alias: "host-tools".into(),
                meanings: vec![
                    ("kubernetes".into(), contents(&format!("registry.example/tools@sha256:{digest} there"))),
                    ("bubblewrap".into(), contents("a part of this machine")),
                ],
            }],
            missing: vec![MissingSandbox {
                executor: "gvisor".into(),
                reason: "it is not installed.".into(),
            }],
            ..Surroundings::default()
        };
        let html = told(&openness, &surroundings);
        for part in [
            "no token is mounted",
            "23 November 2026, 06:12 UTC",
            "What it is: a virtual machine with a kernel of its own.",
            "<li>1 processor and 512 MiB of memory for each pod</li>",
            "By kubernetes:",
            "registry.example/tools@sha256:0123456789ab… there",
            "At the moment without gvisor: it is not installed.",
        ] {
            assert!(html.contains(part), "{part} is missing: {html}");
        }
        assert!(!html.contains(&digest), "{html}");
        let off = Openness { isolation: IsolationStatus::Checking, ..openness };
        assert!(!told(&off, &surroundings).contains("without gvisor"), "the page says so itself");
    }

    #[test]
    fn only_digests_are_shortened() {
        for words in ["no digest", "sha256:", "sha256:abc and more", "é sha256:xyz"] {
            assert_eq!(shortened(words), words);
        }
        let two = shortened(&format!("a@sha256:{} b@sha256:{}", "0".repeat(64), "1".repeat(64)));
        assert_eq!(two, "a@sha256:000000000000… b@sha256:111111111111…");
    }
}
