//! Following: a mail whenever a meetup is published. Asking for it, confirming it, stopping it.

use leptos::prelude::*;
use regatta_domain::follow::Topic;

use crate::components::choices::{Choice, ChoiceField};
use crate::components::fields::{Wrong, token, trap};
use crate::components::layout::{Page, Section, compact_head, page_head, problem_title};
use crate::components::register_form::{email_field, language_field};
use crate::forms::{FollowErrors, FollowForm};
use crate::pages::registered::kept_mail;
use crate::paths;
use crate::shell::Shell;

/// What the page with the form shows.
#[derive(Clone, Debug)]
pub struct FollowView {
    /// What can be followed: the portal, cities of meetups to come, series.
    pub topics: Vec<TopicChoice>,
    /// What was typed so far; at first a fresh one. It carries the token that is handed out.
    pub form: FollowForm,
    /// What is wrong with it; empty at first. Where it is not, answer with status 422.
    pub errors: FollowErrors,
}

/// A topic, and what it is called: the city's name as it is written, the title of the series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicChoice {
    /// What is followed.
    pub topic: Topic,
    /// What it is called.
    pub name: String,
}

/// What the pages behind the links in mails show.
#[derive(Clone, Debug)]
pub struct FollowLinkView {
    /// What is followed, as it is called.
    pub followed: TopicChoice,
    /// Where the button leads (POST).
    pub action: String,
    /// Whether it is done: confirmed, or stopped.
    pub done: bool,
}

/// The page with the form.
pub fn follow(shell: &Shell, view: &FollowView) -> String {
    let mut wrong = Wrong::default();
    wrong.note("topic", view.errors.topic);
    wrong.note("email", view.errors.email);
    let refusal = view.errors.refusal.clone().map(|words| {
        view! { <div class="notice notice-bad" role="alert" tabindex="-1" autofocus=true><p>{words}</p></div> }
    });
    let lede = "One mail when a meetup is announced, and none besides. Each has a link that ends it.";
    let main = view! {
        {page_head("Stay in touch", "Follow", Some(lede), "follow")}
        <div class="steps-ahead">
            {refusal}
            {wrong.summary()}
            <form method="post" action=paths::FOLLOW novalidate=true>
                {topic_field(view).render(&wrong)}
                {email_field(&view.form.email, "We first ask whether it is yours.").render(&wrong)}
                {language_field(view.form.language).render(&wrong)}
                {trap()}
                {token(&view.form.token)}
                <p class="form-actions"><button class="button" type="submit">"Follow"</button></p>
                <p class="field-hint">"Your address is kept for this until you stop it, and erased then."</p>
            </form>
        </div>
    };
    let title = if view.errors.is_empty() { "Follow".to_owned() } else { problem_title("Follow") };
    let page = Page {
        description: format!("Get a mail when a meetup of {} is announced.", shell.site.name),
        path: Some(paths::FOLLOW.to_owned()),
        ..page(title, main.into_any())
    };
    page.render(shell)
}

fn topic_field(view: &FollowView) -> ChoiceField<'static> {
    let choice = |topic: &TopicChoice| {
        let value = topic.topic.to_string();
        let chosen = value == view.form.topic;
        Choice::new(value, topic_words(topic), chosen)
    };
    ChoiceField {
        name: "topic",
        legend: "What do you want to follow?",
        hint: None,
        multiple: false,
        choices: view.topics.iter().map(choice).collect(),
        required: true,
    }
}

/// What is followed, as it reads in a sentence or a list.
fn topic_words(choice: &TopicChoice) -> String {
    match choice.topic {
        Topic::Portal => "All meetups".to_owned(),
        Topic::City(_) => format!("Meetups in {}", choice.name),
        Topic::Series(_) => format!("The series “{}”", choice.name),
    }
}

/// What one reads after asking to follow. It says the same to everyone, whether the address was known before or not.
pub fn follow_asked(shell: &Shell) -> String {
    let main = view! {
        {compact_head("One step left", "Look into your mail", None, "follow")}
        <div class="steps-ahead">
            <p class="lede">
                "We sent a mail to the address you gave. Follow the link in it to confirm; without that, nothing more comes."
            </p>
            {kept_mail(shell)}
            <p class="more"><a href=paths::EVENTS>"All meetups"</a></p>
        </div>
    };
    page("Look into your mail".to_owned(), main.into_any()).render(shell)
}

/// The page that confirms.
pub fn follow_confirm(shell: &Shell, view: &FollowLinkView) -> String {
    let words = topic_words(&view.followed);
    if view.done {
        return said(
            shell,
            "You follow",
            &format!("{words}: we write to you when one is announced. Each mail has a link that ends it."),
        );
    }
    asked(
        shell,
        view,
        "Do you want to follow?",
        &format!("{words}: one mail when one is announced."),
        "Yes, follow",
    )
}

/// The page that stops it.
pub fn unfollow(shell: &Shell, view: &FollowLinkView) -> String {
    let words = topic_words(&view.followed);
    if view.done {
        let lede = format!("{words}: no mail comes any more, and your address is erased from this list.");
        return said(shell, "You do not follow any more", &lede);
    }
    asked(shell, view, "Stop following?", &format!("{words}: no mail comes any more."), "Stop these mails")
}

/// The page of a link that no longer leads anywhere; answer with status 404.
pub fn dead_follow_link(shell: &Shell) -> String {
    said(
        shell,
        "This link no longer works",
        "It was cut short on the way, or what it was about is over: you do not follow this, so no mail about it comes.",
    )
}

fn asked(
    shell: &Shell,
    view: &FollowLinkView,
    title: &'static str,
    lede: &str,
    button: &'static str,
) -> String {
    let main = view! {
        {compact_head("Stay in touch", title, Some(lede), "follow")}
        <form method="post" action=view.action.clone()>
            <p class="form-actions"><button class="button" type="submit">{button}</button></p>
        </form>
    };
    page(title.to_owned(), main.into_any()).render(shell)
}

fn said(shell: &Shell, title: &'static str, lede: &str) -> String {
    let main = view! {
        {compact_head("Stay in touch", title, Some(lede), "follow")}
        <p class="more"><a href=paths::EVENTS>"All meetups"</a></p>
        <p><a href=paths::FOLLOW>"Follow something"</a></p>
    };
    page(title.to_owned(), main.into_any()).render(shell)
}

fn page(title: String, main: AnyView) -> Page {
    Page {
        title: Some(title),
        description: "Mail about new meetups.".to_owned(),
        path: None,
        section: Some(Section::Events),
        structured_data: None,
        main,
    }
}
