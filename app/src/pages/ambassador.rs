//! One ambassador's profile, with the meetups they speak at.

use std::sync::Arc;

use leptos::prelude::*;
use regatta_domain::event::Event;
use regatta_domain::people::Ambassador;

use crate::components::cards::{event_entry, links, person_meta, topics};
use crate::components::layout::{Page, Section, person_head};
use crate::components::markdown::prose;
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct AmbassadorView {
    /// The person.
    pub ambassador: Arc<Ambassador>,
    /// The meetups whose agenda names them, the latest first.
    pub events: Vec<Arc<Event>>,
}

/// An ambassador's profile.
pub fn ambassador(shell: &Shell, view: &AmbassadorView) -> String {
    let person = &view.ambassador;
    let main = view! {
        <article>
            {person_head(&person.name, person_meta(person), &person.summary, person.slug.as_str())}
            <div class="with-aside">
                {prose(&person.body)}
                <aside class="aside" aria-label="At a glance">
                    {topics(&person.interests)}
                    {elsewhere(person)}
                </aside>
            </div>
            {on_stage(&view.events)}
        </article>
        <p class="more"><a href=paths::AMBASSADORS>"All ambassadors"</a></p>
    };
    let page = Page {
        title: Some(person.name.clone()),
        description: person.summary.clone(),
        path: Some(paths::ambassador(&person.slug)),
        section: Some(Section::Ambassadors),
        structured_data: None,
        main: main.into_any(),
    };
    page.render(shell)
}

fn elsewhere(person: &Ambassador) -> Option<AnyView> {
    let links = links(&person.links)?;
    Some(view! { <h2>"Elsewhere"</h2> {links} }.into_any())
}

fn on_stage(events: &[Arc<Event>]) -> Option<AnyView> {
    (!events.is_empty()).then(|| {
        let entries = events.iter().map(|event| event_entry(event)).collect_view();
        view! {
            <section aria-labelledby="on-stage">
                <h2 id="on-stage" class="section-title">"On stage"</h2>
                <ul class="entries">{entries}</ul>
            </section>
        }
        .into_any()
    })
}
