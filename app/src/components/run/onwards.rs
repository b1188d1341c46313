//! What to do with a run next: run it again, with other values, change its text, pass it on.

use std::collections::BTreeMap;

use leptos::prelude::*;
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::{Arguments, Dialect, Parameter};
use regatta_domain::slug::Slug;

use crate::components::fields::Wrong;
use crate::components::parameters::{field_name, parameter_fields};
use crate::paths;
use crate::shell::Shell;

/// What was run, so that it can be run again.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The demo it came from.
    pub demo: Option<Slug>,
    /// Whether the visitor changed the demo's text, or wrote it.
    pub edited: bool,
    /// What it is written in.
    pub dialect: Dialect,
    /// The text.
    pub source: String,
    /// What the visitor could choose.
    pub parameters: Vec<Parameter>,
    /// What the visitor chose.
    pub arguments: Arguments,
}

impl Origin {
    /// The button that runs it again as it ran.
    pub fn run_again(&self, words: &'static str) -> AnyView {
        let arguments = self.arguments.iter().map(|(name, value)| {
            view! { <input type="hidden" name=field_name(name) value=value.to_owned()/> }
        });
        view! {
            <form method="post" action=paths::RUNS>
                {self.text()}
                {arguments.collect_view()}
                <button class="button" type="submit">{words}</button>
            </form>
        }
        .into_any()
    }

    /// The form that runs it again with other values; nothing where it takes none.
    pub fn run_otherwise(&self) -> Option<AnyView> {
        let chosen: BTreeMap<String, String> =
            self.arguments.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let fields = parameter_fields(&self.parameters, &chosen, &Wrong::default())?;
        Some(
            view! {
                <details class="run-otherwise">
                    <summary>"Run it again with other values"</summary>
                    <form method="post" action=paths::RUNS>
                        {self.text()}
                        {fields}
                        <button class="button" type="submit">"Run with these values"</button>
                    </form>
                </details>
            }
            .into_any(),
        )
    }

    /// The fields that say what is run; a fresh run is meant.
    fn text(&self) -> AnyView {
        let demo = self
            .demo
            .as_ref()
            .map(|demo| view! { <input type="hidden" name="demo" value=demo.to_string()/> });
        let text = (self.edited || self.demo.is_none()).then(|| {
            view! {
                <input type="hidden" name="dialect" value=self.dialect.as_str()/>
                <input type="hidden" name="pipeline" value=self.source.clone()/>
            }
        });
        view! { {demo} {text} <input type="hidden" name="fresh" value="yes"/> }.into_any()
    }

    /// The link to the editor with this text.
    pub fn edit(&self, id: &RunId) -> AnyView {
        let href =
            self.demo.as_ref().map_or_else(|| paths::edit_own_run(id), |demo| paths::edit_run(demo, id));
        view! { <a class="button button-quiet" href=href>"Edit and run again"</a> }.into_any()
    }

    /// The values it ran with.
    pub fn values(&self) -> Option<AnyView> {
        let one = |(name, value): (&str, &str)| {
            view! { <div><dt><code>{name.to_owned()}</code></dt><dd><code>{value.to_owned()}</code></dd></div> }
        };
        (!self.arguments.is_empty()).then(|| {
            let values = self.arguments.iter().map(one).collect_view();
            view! {
                <section aria-labelledby="values">
                    <h2 id="values" class="run-part">"Values it ran with"</h2>
                    <dl class="facts">{values}</dl>
                </section>
            }
            .into_any()
        })
    }
}

/// How to pass a run on: its address, and a frame for other sites.
pub fn pass_on(shell: &Shell, id: &RunId, title: &str) -> AnyView {
    let frame = format!(
        "<iframe src=\"{}\" title=\"A run of {}\" width=\"640\" height=\"420\"></iframe>",
        shell.absolute(&paths::run_embed(id)),
        title.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;"),
    );
    view! {
        <details class="run-embed">
            <summary>"Show it on another page"</summary>
            <p>"This frame shows the run’s state, its jobs and its last lines. Which sites may show it is for this portal’s operators to say."</p>
            <pre tabindex="0"><code>{frame}</code></pre>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use regatta_domain::pipeline::{ParameterKind, Pipeline};

    fn origin(edited: bool) -> Origin {
        let parameters = vec![Parameter {
            name: "ship".into(),
            description: None,
            kind: ParameterKind::Text,
            default: Some("Patience".into()),
        }];
        let given = BTreeMap::from([("ship".to_owned(), "\"><script>".to_owned())]);
        let pipeline = Pipeline { parameters: parameters.clone(), ..Pipeline::default() };
        Origin {
            demo: Some("hello".parse().unwrap()),
            edited,
            dialect: Dialect::Tekton,
            source: "</input>kind: Task".into(),
            parameters,
            arguments: pipeline.arguments(&given).unwrap(),
        }
    }

    #[test]
    fn what_is_run_again_is_what_ran() {
        let demo = origin(false).run_again("Run it again").to_html();
        assert!(
            demo.contains("name=\"demo\" value=\"hello\"") && !demo.contains("name=\"pipeline\""),
            "{demo}"
        );
        let edited = origin(true).run_again("Run it again").to_html();
        assert!(
            edited.contains("name=\"dialect\" value=\"tekton\"") && edited.contains("kind: Task"),
            "{edited}"
        );
        for html in [demo, edited] {
            assert!(html.contains("name=\"p-ship\" value=\"&quot;&gt;&lt;script&gt;\""), "{html}");
        }
    }

    #[test]
    fn other_values_begin_with_those_chosen() {
        let html = origin(false).run_otherwise().unwrap().to_html();
        assert!(html.contains("name=\"p-ship\"") && html.contains("&quot;&gt;&lt;script"), "{html}");
        assert!(Origin { parameters: vec![], ..origin(false) }.run_otherwise().is_none());
    }
}
