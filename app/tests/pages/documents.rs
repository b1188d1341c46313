//! What holds for every document: its outline, its scripts, its addresses.

use std::sync::Arc;

use regatta_app::components::openness::IsolationStatus;
use regatta_app::pages::ambassadors::{AmbassadorsView, ambassadors};
use regatta_app::pages::dev_mail::{DevMailsView, dev_mails};
use regatta_app::pages::dev_mail_samples::{MailSamplesView, mail_samples};
use regatta_app::pages::erase::erased;
use regatta_app::pages::error::{Problem, error};
use regatta_app::pages::event::event;
use regatta_app::pages::events::{EventsView, events};
use regatta_app::pages::follow::{dead_follow_link, follow_asked};
use regatta_app::pages::home::{HomeView, home};
use regatta_app::pages::posts::{PostsView, posts};
use regatta_app::pages::registered::registered_for_series;
use regatta_app::pages::registration::{dead_link, registration};
use regatta_app::pages::showcase::{ShowcaseView, showcase};
use regatta_app::shell::Shell;
use regatta_domain::registration::RegistrationState;
use regatta_domain::run::RunState;

use crate::playground;
use crate::registration::owned;
use crate::running::{self, run_page};
use crate::sample;

fn content_pages() -> Vec<String> {
    let shell = sample::shell();
    let problems = [
        Problem::NotFound,
        Problem::Forbidden,
        Problem::Gone("It was deleted.".into()),
        Problem::MethodNotAllowed,
        Problem::TooLarge,
        Problem::Unprocessable("It cannot be read.".into()),
        Problem::TooManyRequests(Some(3)),
        Problem::Internal(Some("a1".into())),
        Problem::Unavailable("The store rests.".into()),
    ];
    let mut pages: Vec<String> = problems.iter().map(|problem| error(&shell, problem)).collect();
    pages.extend([
        home(&shell, &HomeView::default()),
        events(&shell, &EventsView { upcoming: vec![], past: vec![Arc::new(sample::past_meetup())] }),
        ambassadors(&shell, &AmbassadorsView { ambassadors: vec![Arc::new(sample::ambassador())] }),
        posts(&shell, &PostsView { posts: vec![Arc::new(sample::post())] }),
        playground::gallery_while(IsolationStatus::Checking),
        showcase(&shell, &ShowcaseView::default()),
        dead_link(&shell),
        dead_follow_link(&shell),
        follow_asked(&shell),
        erased(&shell),
        registered_for_series(&shell, &sample::series()),
        event(&shell, &sample::event_view(sample::rich_meetup())),
        mail_samples(&shell, &MailSamplesView::default()),
        dev_mails(&shell, &DevMailsView::default()),
        running::without_its_log(),
    ]);
    pages.extend(RegistrationState::ALL.map(|state| registration(&shell, &owned(state))));
    pages
}

#[test]
fn every_document_is_whole_and_has_one_heading_of_the_first_rank() {
    let mut pages = content_pages();
    pages.push(run_page(RunState::Running));
    for html in pages {
        assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{html}");
        assert!(html.ends_with("</html>"), "{html}");
        for once in ["<h1", "<main", "<title>", "id=\"main\"", "href=\"#main\""] {
            assert_eq!(html.matches(once).count(), 1, "{once} in {html}");
        }
    }
}

#[test]
fn content_pages_bring_one_script_and_nothing_inline() {
    for html in content_pages() {
        assert_eq!(html.matches("<script").count(), 1, "{html}");
        assert!(html.contains(r#"<script type="module" src="/assets/elements-2.js"></script>"#), "{html}");
        assert!(!html.contains("<!>") && !html.contains("<!--"), "a marker is left over: {html}");
        assert!(!html.contains(" style=") && !html.contains(" onclick="), "{html}");
    }
}

#[test]
fn runs_are_not_indexed_and_public_pages_name_their_address() {
    let running = run_page(RunState::Running);
    assert!(running.contains(r#"<meta name="robots" content="noindex">"#), "{running}");
    let first = home(&sample::shell(), &HomeView::default());
    assert!(first.contains(r#"<link rel="canonical" href="https://cd.example.org/">"#), "{first}");
    assert!(!first.contains("noindex"), "{first}");
}

#[test]
fn the_navigation_says_where_one_is() {
    let html = events(&sample::shell(), &EventsView::default());
    assert!(html.contains(r#"<a href="/events" aria-current="page">"#), "{html}");
    assert_eq!(html.matches("aria-current").count(), 1, "{html}");
}

#[test]
fn kept_mail_is_only_pointed_to_in_development() {
    let nothing = HomeView::default();
    assert!(!home(&sample::shell(), &nothing).contains("/dev/mail"));
    let development = Shell { development: true, ..sample::shell() };
    assert!(home(&development, &nothing).contains("/dev/mail"));
}
