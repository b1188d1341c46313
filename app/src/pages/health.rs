//! How the portal is, for its operators. Shown on a listener of its own, where none of the site's other pages are.

use leptos::prelude::*;

use crate::components::layout::compact_head;
use crate::components::tables::framed;
use crate::render;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct HealthView {
    /// In a sentence, whether everything is as it should be.
    pub verdict: String,
    /// What is known, by subject.
    pub sections: Vec<HealthSection>,
    /// What isolates jobs.
    pub executors: Vec<ExecutorHealth>,
    /// When that was checked last, or that it is being checked.
    pub checked: String,
    /// Where one asks for another check; `None` while one is under way.
    pub check_again: Option<&'static str>,
    /// The latest warnings and errors, the latest first.
    pub faults: Vec<FaultRow>,
}

/// A subject with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthSection {
    /// The subject.
    pub title: &'static str,
    /// What it is about, and how it is.
    pub facts: Vec<HealthFact>,
}

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthFact {
    /// What it is about.
    pub name: String,
    /// How it is.
    pub value: String,
    /// Whether an operator should look into it.
    pub alarming: bool,
}

/// An executor and what the check of it showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutorHealth {
    /// Its name and what it is.
    pub words: String,
    /// What the check showed, a sentence each.
    pub findings: Vec<String>,
}

/// A warning or an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultRow {
    /// When, in full.
    pub at: String,
    /// How bad.
    pub level: &'static str,
    /// Which part of the program says so.
    pub target: String,
    /// What it says.
    pub words: String,
}

/// The document.
pub fn health(shell: &Shell, view: &HealthView) -> String {
    render::document(|| {
        view! {
            <html lang="en">
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width, initial-scale=1"/>
                    <title>{format!("Health · {}", shell.site.name)}</title>
                    <meta name="robots" content="noindex"/>
                    <meta name="color-scheme" content="light dark"/>
                    <link rel="icon" href=shell.assets.icon.clone() type="image/svg+xml"/>
                    <link rel="stylesheet" href=shell.assets.stylesheet.clone()/>
                </head>
                <body>
                    <main id="main" class="health">
                        {compact_head("For operators", "Health", Some(&view.verdict), "health")}
                        {view.sections.iter().map(section).collect_view()}
                        {executors(view)}
                        {faults(&view.faults)}
                    </main>
                </body>
            </html>
        }
        .into_any()
    })
}

fn section(section: &HealthSection) -> AnyView {
    view! {
        <section>
            <h2>{section.title}</h2>
            <dl class="health-facts">{section.facts.iter().map(fact).collect_view()}</dl>
        </section>
    }
    .into_any()
}

fn fact(fact: &HealthFact) -> AnyView {
    let value = if fact.alarming {
        view! { <dd><strong class="state-failed">{fact.value.clone()}</strong></dd> }.into_any()
    } else {
        view! { <dd>{fact.value.clone()}</dd> }.into_any()
    };
    view! { <div><dt>{fact.name.clone()}</dt>{value}</div> }.into_any()
}

fn executors(view: &HealthView) -> AnyView {
    let one = |executor: &ExecutorHealth| {
        let findings =
            executor.findings.iter().map(|finding| view! { <li>{finding.clone()}</li> }).collect_view();
        view! { <h3>{executor.words.clone()}</h3> <ul>{findings}</ul> }
    };
    let again = view.check_again.map(|action| {
        view! { <form method="post" action=action><button class="button" type="submit">"Probe again"</button></form> }
    });
    view! {
        <section>
            <h2>"What isolates jobs"</h2>
            <p>{view.checked.clone()}</p>
            {again}
            {view.executors.iter().map(one).collect_view()}
        </section>
    }
    .into_any()
}

fn faults(faults: &[FaultRow]) -> AnyView {
    let row = |fault: &FaultRow| {
        view! {
            <tr>
                <td><time datetime=fault.at.clone()>{fault.at.clone()}</time></td>
                <td>{fault.level}</td>
                <td>{fault.target.clone()}</td>
                <td>{fault.words.clone()}</td>
            </tr>
        }
    };
    let table = view! {
        <table class="runs">
            <thead>
                <tr>
                    <th scope="col">"When"</th>
                    <th scope="col">"Level"</th>
                    <th scope="col">"Where"</th>
                    <th scope="col">"What"</th>
                </tr>
            </thead>
            <tbody>{faults.iter().map(row).collect_view()}</tbody>
        </table>
    };
    let told = if faults.is_empty() {
        view! { <p class="empty">"Nothing went wrong since the start."</p> }.into_any()
    } else {
        framed("Recent faults", table.into_any())
    };
    view! { <section><h2>"Recent faults"</h2>{told}</section> }.into_any()
}
