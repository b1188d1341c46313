//! A pipeline to read, change and run: a demo, a text of one's own, or one that somebody shared.

use std::collections::BTreeMap;

use jiff::Timestamp;
use leptos::prelude::*;
use regatta_domain::ids::{RunId, ShareId};
use regatta_domain::pipeline::{ArgumentError, Dialect, Reading};

use crate::components::dates::moment;
use crate::components::demo_card::{Demo, DemoCard};
use crate::components::editor::{AREA, Editor};
use crate::components::fields::Wrong;
use crate::components::layout::{Page, Section, compact_head, problem_title};
use crate::components::openness::Openness;
use crate::components::parameters::note_errors;
use crate::components::runs::latest_run;
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct EditorView {
    /// Where the text came from.
    pub origin: Origin,
    /// The run whose text this is, where it is one's.
    pub from: Option<RunId>,
    /// Whether it can be run.
    pub openness: Openness,
    /// The text in the editor: the original at first, what was typed after a refusal.
    pub source: String,
    /// What the text means.
    pub reading: Reading,
    /// Why a job of it runs nowhere here, where that is so.
    pub no_place: Option<String>,
    /// What was chosen for parameters, by name.
    pub values: BTreeMap<String, String>,
    /// Values that are none for their parameters.
    pub errors: Vec<ArgumentError>,
    /// What was asked for, and what came of it.
    pub asked: Asked,
}

/// Where the text of an editor came from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A demo, perhaps changed.
    Demo(Box<DemoCard>),
    /// A text of the visitor's own.
    Own(Dialect),
    /// A text that somebody shared.
    Shared {
        /// Its identity.
        id: ShareId,
        /// When it was shared.
        shared_at: Timestamp,
    },
}

/// What was asked for, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The page was opened.
    ToOpen,
    /// The text was to be checked.
    ToCheck,
    /// It was to be run, and was not; with the reason, where it is none of the text's or of a parameter's.
    ToRun(Option<String>),
    /// It was to be shared, and was not, for this reason.
    ToShare(String),
}

impl Origin {
    fn kind(&self) -> &'static str {
        match self {
            Self::Demo(_) => "Demo pipeline",
            Self::Own(_) => "Playground",
            Self::Shared { .. } => "Shared pipeline",
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Demo(card) => card.demo.title.clone(),
            Self::Own(_) => "Your own pipeline".to_owned(),
            Self::Shared { .. } => "A pipeline that was shared".to_owned(),
        }
    }

    fn lede(&self) -> String {
        match self {
            Self::Demo(card) => card.demo.summary.clone(),
            Self::Own(_) => {
                "Write what is to run, and in which order. It is checked while you type, and nothing runs \
                             before you say so."
                    .to_owned()
            }
            Self::Shared { .. } => {
                "Read it, run it, or change it: what you change stays with you until you share it \
                                    yourself."
                    .to_owned()
            }
        }
    }

    /// The page on which the original text stands.
    fn page(&self) -> String {
        match self {
            Self::Demo(card) => paths::demo(&card.demo.slug),
            Self::Own(dialect) => paths::own_pipeline(*dialect),
            Self::Shared { id, .. } => paths::shared(id),
        }
    }

    /// The address under which it may be indexed.
    fn public_path(&self) -> Option<String> {
        match self {
            Self::Demo(card) => Some(paths::demo(&card.demo.slug)),
            Self::Own(_) => Some(paths::OWN_PIPELINE.to_owned()),
            Self::Shared { .. } => None,
        }
    }

    fn demo(&self) -> Option<&Demo> {
        match self {
            Self::Demo(card) => Some(&card.demo),
            Self::Own(_) | Self::Shared { .. } => None,
        }
    }
}

impl EditorView {
    /// The page as it is first opened.
    pub fn opened(origin: Origin, openness: Openness, source: String, reading: Reading) -> Self {
        let (values, errors, asked) = (BTreeMap::new(), Vec::new(), Asked::ToOpen);
        Self { origin, from: None, openness, source, reading, no_place: None, values, errors, asked }
    }

    /// Whether it was sent and came to nothing.
    fn is_refused(&self) -> bool {
        matches!(self.asked, Asked::ToRun(_) | Asked::ToShare(_))
    }

    /// Whether the text is a demo's own.
    fn is_demos_own(&self) -> bool {
        self.origin.demo().is_some_and(|demo| demo.source.trim_end() == self.source.trim_end())
    }
}

/// The editor's page.
pub fn editor(shell: &Shell, view: &EditorView) -> String {
    let (title, lede) = (view.origin.title(), view.origin.lede());
    let mut wrong = Wrong::default();
    note_errors(&mut wrong, &view.errors);
    let trouble = trouble(view, &wrong);
    wrong.note(AREA, view.reading.diagnostics.first().filter(|_| view.asked != Asked::ToOpen));
    let main = view! {
        {compact_head(view.origin.kind(), &title, Some(&lede), view.origin.demo().map_or("pipeline", |demo| demo.slug.as_str()))}
        {origin_words(shell, view)}
        {view.openness.notice()}
        {trouble}
        {form(view, &wrong)}
        <p class="more"><a href=paths::PLAYGROUND>"All demos, images and limits"</a></p>
    };
    let page = Page {
        title: Some(if view.is_refused() { problem_title(&title) } else { title }),
        description: lede,
        path: view.origin.public_path().filter(|_| view.from.is_none() && view.asked == Asked::ToOpen),
        section: Some(Section::Playground),
        structured_data: None,
        main: main.into_any(),
    };
    page.render_with(shell, shell.assets.editor_js.clone())
}

fn form(view: &EditorView, wrong: &Wrong) -> AnyView {
    let own = view.openness.closed_to_own_texts();
    let closed = if view.is_demos_own() { view.openness.closed() } else { own.clone() };
    let from = view.from.as_ref().map(|id| format!("run/{id}"));
    let editor = Editor {
        demo: view.origin.demo().map(|demo| demo.slug.as_str()),
        source: &view.source,
        reading: &view.reading,
        values: &view.values,
        wrong,
        closed,
        no_place: view.no_place.clone(),
        closed_when_changed: own,
        original: view.origin.page(),
        draft: from.unwrap_or_else(|| view.origin.page()),
        untouched: view.asked == Asked::ToOpen,
    };
    editor.render()
}

/// Where the text came from, as far as the head does not say it.
fn origin_words(shell: &Shell, view: &EditorView) -> AnyView {
    let from = view.from.as_ref().map(|id| {
        view! { <p class="origin">"This is the text of " <a href=paths::run(id)>"an earlier run"</a> ", with what was chosen for it."</p> }
    });
    let more = match &view.origin {
        Origin::Demo(card) => latest_run(card.latest.as_ref()),
        Origin::Own(dialect) => other_beginnings(*dialect),
        Origin::Shared { id, shared_at } => view! {
            <p class="origin">
                "Shared on " <time datetime=shared_at.to_string()>{moment(*shared_at)}</time>
                ". Whoever has the address of this page can read it; it is in no list. "
                <copy-link href=shell.absolute(&paths::shared(id))></copy-link>
            </p>
        }
        .into_any(),
    };
    view! { {from} {more} }.into_any()
}

/// The ways to begin a text of one's own.
fn other_beginnings(chosen: Dialect) -> AnyView {
    let one = |dialect: Dialect| {
        let here = (dialect == chosen).then_some("true");
        view! { <li><a href=paths::own_pipeline(dialect) aria-current=here>{format!("In {}’s language", dialect.words())}</a></li> }
    };
    view! {
        <nav class="beginnings" aria-label="How to begin">
            <ul>
                {Dialect::ALL.map(one).collect_view()}
                <li><a href=format!("{}#demos", paths::PLAYGROUND)>"From one of the demos"</a></li>
            </ul>
        </nav>
    }
    .into_any()
}

/// What came of what was asked for. It takes the focus, so that the answer is in sight and heard, without a fragment that
/// would stay in the address of the next run.
fn trouble(view: &EditorView, wrong: &Wrong) -> Option<AnyView> {
    let (heading, why) = match &view.asked {
        Asked::ToOpen | Asked::ToCheck => return None,
        Asked::ToRun(why) => ("It was not run", why.clone()),
        Asked::ToShare(why) => ("It was not shared", Some(why.clone())),
    };
    let first = view.reading.diagnostics.first().filter(|_| why.is_none());
    let told = match first {
        Some(first) => Some(format!(
            "The text cannot run as it is. The first thing in its way: line {}, column {}: {}.",
            first.line,
            first.column,
            first.message.trim_end_matches('.')
        )),
        None => why,
    };
    let hint = first.and_then(|first| first.hint.clone()).map(|hint| format!("What helps: {hint}."));
    Some(
        view! {
            <div class="notice notice-bad" id="problem" role="alert" tabindex="-1" autofocus=true>
                <h2>{heading}</h2>
                {told.map(|words| view! { <p>{words}</p> })}
                {hint.map(|words| view! { <p>{words}</p> })}
                {wrong.links()}
                <p>"Nothing of what you typed is lost."</p>
            </div>
        }
        .into_any(),
    )
}
