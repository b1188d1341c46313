//! Everyone who speaks for the community.

use std::sync::Arc;

use leptos::prelude::*;
use regatta_domain::people::Ambassador;

use crate::components::cards::{Rank, person_entry};
use crate::components::layout::{Page, Section, page_head};
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct AmbassadorsView {
    /// Every ambassador, in the order in which they are shown.
    pub ambassadors: Vec<Arc<Ambassador>>,
}

/// The list of ambassadors.
pub fn ambassadors(shell: &Shell, view: &AmbassadorsView) -> String {
    let lede = "Who they are, what they work on, and what each of them cares about.";
    let entries = view.ambassadors.iter().map(|person| person_entry(person, Rank::Second)).collect_view();
    let main = view! {
        {page_head("People", "Ambassadors", Some(lede), "ambassadors")}
        <ul class="people">{entries}</ul>
    };
    let page = Page {
        title: Some("Ambassadors".to_owned()),
        description: format!("The ambassadors of {}. {lede}", shell.site.name),
        path: Some(paths::AMBASSADORS.to_owned()),
        section: Some(Section::Ambassadors),
        structured_data: None,
        main: main.into_any(),
    };
    page.render(shell)
}
