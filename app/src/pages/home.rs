//! The first page: what this is, the next meetup, news, people, and the way to the playground.

use std::sync::Arc;

use leptos::prelude::*;
use regatta_domain::event::Event;
use regatta_domain::people::Ambassador;
use regatta_domain::post::Post;

use crate::components::cards::{Rank, event_entry, person_entry, post_entry, time_and_place};
use crate::components::dates::date_block;
use crate::components::graph::plan_graph;
use crate::components::hoist::{Hoisting, flags, hoist};
use crate::components::layout::Page;
use crate::components::runs::{RunSummary, run_table};
use crate::components::status::event_labels;
use crate::pages::playground::Demo;
use crate::paths;
use crate::shell::Shell;

/// What the first page shows.
#[derive(Clone, Debug, Default)]
pub struct HomeView {
    /// Meetups to come, the next one first; the page shows three.
    pub upcoming: Vec<Arc<Event>>,
    /// Meetups that were, the latest first; shown where none is to come.
    pub past: Vec<Arc<Event>>,
    /// Posts, the latest first; the page shows three.
    pub posts: Vec<Arc<Post>>,
    /// Every ambassador.
    pub ambassadors: Vec<Arc<Ambassador>>,
    /// A demo to be drawn.
    pub demo: Option<Demo>,
    /// Runs that ended lately, the latest first; the page shows three.
    pub latest_runs: Vec<RunSummary>,
}

/// The first page.
pub fn home(shell: &Shell, view: &HomeView) -> String {
    let page = Page {
        title: None,
        description: shell.site.description.clone(),
        path: Some(paths::HOME.to_owned()),
        section: None,
        structured_data: None,
        main: main(shell, view),
    };
    page.render(shell)
}

fn main(shell: &Shell, view: &HomeView) -> AnyView {
    view! {
        <header class="opening">
            <div class="opening-flags">{flags(&['R', 'E', 'G', 'A', 'T', 'T', 'A'], Hoisting::Row)}</div>
            <h1>{headline(shell)}</h1>
            <p class="lede">{shell.site.description.clone()}</p>
        </header>
        {meetups(view)}
        {playground(view)}
        {posts(&view.posts)}
        {people(&view.ambassadors)}
        {projects(shell)}
    }
    .into_any()
}

/// The tagline, or the name where there is none.
fn headline(shell: &Shell) -> String {
    let site = &shell.site;
    if site.tagline.is_empty() { site.name.clone() } else { site.tagline.clone() }
}

fn meetups(view: &HomeView) -> AnyView {
    let Some((next, others)) = view.upcoming.split_first() else { return past_meetups(&view.past) };
    let others = others.iter().take(2).map(|event| event_entry(event)).collect_view();
    view! {
        <section class="next" aria-labelledby="next">
            <h2 id="next" class="section-title">"Next meetup"</h2>
            {next_meetup(next)}
            <ul class="entries">{others}</ul>
            <p class="more"><a href=paths::EVENTS>"All meetups"</a></p>
        </section>
    }
    .into_any()
}

fn next_meetup(event: &Event) -> AnyView {
    let takes_registrations = event.registration.is_some() && event.status.takes_place();
    let words = if takes_registrations { "Register for a seat" } else { "Read about it" };
    view! {
        <article class="next-meetup">
            {date_block(&event.when)}
            <div class="next-words">
                {event_labels(event)}
                <h3><a href=paths::event(&event.slug)>{event.title.clone()}</a></h3>
                <p class="lede">{event.summary.clone()}</p>
                {time_and_place(event)}
                <p><a class="button" href=paths::event(&event.slug)>{words}</a></p>
            </div>
            {hoist(event.slug.as_str(), Hoisting::Column)}
        </article>
    }
    .into_any()
}

fn past_meetups(past: &[Arc<Event>]) -> AnyView {
    let entries = past.iter().take(3).map(|event| event_entry(event)).collect_view();
    view! {
        <section class="next" aria-labelledby="next">
            <h2 id="next" class="section-title">"Meetups so far"</h2>
            <ul class="entries">{entries}</ul>
            <p class="more"><a href=paths::EVENTS>"All meetups"</a></p>
        </section>
    }
    .into_any()
}

fn playground(view: &HomeView) -> AnyView {
    let runs = (!view.latest_runs.is_empty()).then(|| {
        let latest = &view.latest_runs[..view.latest_runs.len().min(3)];
        run_table("The latest runs", latest)
    });
    view! {
        <section class="harbour" aria-labelledby="harbour">
            <div class="harbour-words">
                <h2 id="harbour">"Run a pipeline and watch it go"</h2>
                <p>
                    "Pick a demo, change its text if you like, and start it. Each job runs in a sandbox of its own, and "
                    "its log arrives while it is written."
                </p>
                <p><a class="button" href=paths::PLAYGROUND>"Open the playground"</a></p>
            </div>
            {view.demo.as_ref().map(|demo| plan_graph(&demo.plan))}
            {runs}
        </section>
    }
    .into_any()
}

fn posts(posts: &[Arc<Post>]) -> Option<AnyView> {
    (!posts.is_empty()).then(|| {
        let entries = posts.iter().take(3).map(|post| post_entry(post, Rank::Third)).collect_view();
        view! {
            <section aria-labelledby="news">
                <h2 id="news" class="section-title">"From the log book"</h2>
                <ul class="posts">{entries}</ul>
                <p class="more"><a href=paths::POSTS>"All posts"</a></p>
            </section>
        }
        .into_any()
    })
}

fn people(people: &[Arc<Ambassador>]) -> Option<AnyView> {
    (!people.is_empty()).then(|| {
        let entries = people.iter().map(|person| person_entry(person, Rank::Third)).collect_view();
        view! {
            <section aria-labelledby="people">
                <h2 id="people" class="section-title">"The ambassadors"</h2>
                <ul class="people">{entries}</ul>
            </section>
        }
        .into_any()
    })
}

fn projects(shell: &Shell) -> Option<AnyView> {
    let one = |project: &regatta_domain::site::Project| {
        let name = project.name.clone();
        let name = match project.url.clone() {
            Some(url) => view! { <a href=url>{name}</a> }.into_any(),
            None => name.into_any(),
        };
        view! { <div><dt>{name}</dt><dd>{project.summary.clone()}</dd></div> }
    };
    let projects = &shell.site.projects;
    (!projects.is_empty()).then(|| {
        view! {
            <section aria-labelledby="projects">
                <h2 id="projects" class="section-title">"What it is about"</h2>
                <dl class="projects">{projects.iter().map(one).collect_view()}</dl>
            </section>
        }
        .into_any()
    })
}
