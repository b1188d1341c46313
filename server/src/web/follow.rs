//! Following: asking for it, confirming it, stopping it.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse};
use http::StatusCode;
use regatta_app::forms::{FollowErrors, FollowForm, Follower};
use regatta_app::pages::follow::{
    FollowLinkView, FollowView, TopicChoice, dead_follow_link, follow as follow_page, follow_asked,
    follow_confirm, unfollow as unfollow_page,
};
use regatta_app::paths;
use regatta_domain::follow::Topic;
use regatta_registration::FollowError;
use serde::Deserialize;

use super::errors::Refusal;
use super::guard::{Objection, Sent, seems_human, spend};
use super::language::ReadersLanguage;
use super::pace::evenly;
use super::registration::{Fields, form_again};
use super::site::{PageResult, page, see_other, shell};
use super::state::Portal;
use super::visitor::VisitorNetwork;

/// What the form is handed out for.
const PURPOSE: &str = "follow";

/// What is chosen at first.
#[derive(Deserialize)]
pub struct Chosen {
    #[serde(default)]
    topic: String,
}

/// `GET /follow?topic=…`
pub async fn show(
    State(portal): State<Portal>,
    Query(chosen): Query<Chosen>,
    language: ReadersLanguage,
) -> PageResult {
    let token = portal.form_tokens.issue(PURPOSE, portal.clock.now());
    let topic = chosen.topic.parse().unwrap_or(Topic::Portal);
    let form = FollowForm::fresh(language.0, &topic, token);
    Ok(page(document(&portal, form, FollowErrors::default())))
}

/// `POST /follow`
pub async fn ask(
    State(portal): State<Portal>,
    network: VisitorNetwork,
    Form(fields): Form<Fields>,
) -> PageResult {
    let form = FollowForm::read(&fields);
    let (errors, wait) = match asked(&portal, &form, &network).await {
        Ok(()) => return Ok(see_other(&format!("{}/asked", paths::FOLLOW))),
        Err(NotAsked::Failed(refusal)) => return Err(refusal),
        Err(NotAsked::Form(errors)) => (errors, None),
        Err(NotAsked::Objection(objection)) => {
            let errors = objection.words().map_or_else(FollowErrors::stale, FollowErrors::refused);
            (errors, objection.wait())
        }
    };
    Ok(form_again(document(&portal, handed_out_again(&portal, form), errors), wait))
}

/// `GET /follow/asked`: what happens next.
pub async fn say_asked(State(portal): State<Portal>) -> PageResult {
    Ok(page(follow_asked(&shell(&portal, &portal.shelf.library()))))
}

enum NotAsked {
    Form(FollowErrors),
    Objection(Objection),
    Failed(Refusal),
}

async fn asked(portal: &Portal, form: &FollowForm, network: &VisitorNetwork) -> Result<(), NotAsked> {
    let budget = &portal.budgets.follows;
    let sent = Sent { purpose: PURPOSE, token: &form.token, by_a_machine: form.is_filled_in_by_a_machine() };
    seems_human(portal, &sent, network, budget).map_err(NotAsked::Objection)?;
    let offered: Vec<Topic> = topics(portal).into_iter().map(|choice| choice.topic).collect();
    let Follower { email, language, topic } = form.parse(&offered).map_err(NotAsked::Form)?;
    spend(portal, budget, network, &email).map_err(NotAsked::Objection)?;
    evenly(portal.desk.follow(email, topic, language)).await.map_err(|error| match error {
        FollowError::Store(error) => NotAsked::Failed(error.into()),
        error => NotAsked::Form(FollowErrors::refused(format!("Nothing was stored: {error}."))),
    })
}

fn handed_out_again(portal: &Portal, form: FollowForm) -> FollowForm {
    let now = portal.clock.now();
    let is_good = portal.form_tokens.age(PURPOSE, &form.token, now).is_ok();
    let token = if is_good { form.token } else { portal.form_tokens.issue(PURPOSE, now) };
    FollowForm { token, website: String::new(), ..form }
}

fn document(portal: &Portal, form: FollowForm, errors: FollowErrors) -> String {
    let view = FollowView { topics: topics(portal), form, errors };
    follow_page(&shell(portal, &portal.shelf.library()), &view)
}

/// What can be followed: the portal, every series, and the cities of meetups to come.
fn topics(portal: &Portal) -> Vec<TopicChoice> {
    let library = portal.shelf.library();
    let mut topics = vec![TopicChoice { topic: Topic::Portal, name: library.site().name.clone() }];
    topics.extend(
        library.all_series().iter().map(|series| TopicChoice {
            topic: Topic::Series(series.slug.clone()),
            name: series.title.clone(),
        }),
    );
    for event in library.upcoming_events(portal.clock.now()) {
        let Some(name) = event.place.as_ref().and_then(|place| place.city()) else { continue };
        let Some(topic) = Topic::city(name) else { continue };
        if topics.iter().all(|choice| choice.topic != topic) {
            topics.push(TopicChoice { topic, name: name.to_owned() });
        }
    }
    topics
}

/// `GET /follow/confirm/{token}`
pub async fn ask_to_confirm(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    let shell = shell(&portal, &portal.shelf.library());
    match portal.desk.look_follow(&token).await {
        Ok(found) => {
            let done = found.follow.confirmed_at.is_some();
            let action = paths::confirm_follow(&token);
            Ok(page(follow_confirm(&shell, &FollowLinkView { followed: choice(found), action, done })))
        }
        Err(error) => dead(&portal, error),
    }
}

/// `POST /follow/confirm/{token}`
pub async fn confirm(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    let shell = shell(&portal, &portal.shelf.library());
    match portal.desk.confirm_follow(&token).await {
        Ok(found) => {
            let action = paths::confirm_follow(&token);
            Ok(page(follow_confirm(&shell, &FollowLinkView { followed: choice(found), action, done: true })))
        }
        Err(error) => dead(&portal, error),
    }
}

/// `GET /follow/stop/{token}`
pub async fn ask_to_stop(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    let shell = shell(&portal, &portal.shelf.library());
    match portal.desk.look_follow(&token).await {
        Ok(found) => {
            let action = paths::stop_following(&token);
            Ok(page(unfollow_page(&shell, &FollowLinkView { followed: choice(found), action, done: false })))
        }
        Err(error) => dead(&portal, error),
    }
}

/// `POST /follow/stop/{token}`: by the page's button, or by a mail program in one click (RFC 8058 section 3.2). What is
/// sent with it changes nothing, so no form of it is refused; and the answer is a page, never a redirect.
pub async fn stop(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    let shell = shell(&portal, &portal.shelf.library());
    let found = portal.desk.look_follow(&token).await;
    if let Err(error) = portal.desk.unfollow(&token).await {
        return dead(&portal, error);
    }
    Ok(page(match found {
        Ok(found) => {
            let action = paths::stop_following(&token);
            unfollow_page(&shell, &FollowLinkView { followed: choice(found), action, done: true })
        }
        // It was stopped before, which is as good.
        Err(_) => dead_follow_link(&shell),
    }))
}

fn choice(found: regatta_registration::FollowView) -> TopicChoice {
    TopicChoice { topic: found.follow.topic, name: found.topic_name }
}

fn dead(portal: &Portal, error: FollowError) -> PageResult {
    match error {
        FollowError::Store(error) => Err(error.into()),
        FollowError::UnknownTopic | FollowError::Invalid | FollowError::Expired | FollowError::Gone => {
            let document = dead_follow_link(&shell(portal, &portal.shelf.library()));
            Ok((StatusCode::NOT_FOUND, Html(document)).into_response())
        }
    }
}
