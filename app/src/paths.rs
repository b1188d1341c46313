//! The addresses of the pages, in one place for links, forms and the router.

use std::fmt::Write;

use regatta_domain::follow::Topic;
use regatta_domain::ids::{RunId, ShareId};
use regatta_domain::language::Language;
use regatta_domain::pipeline::Dialect;
use regatta_domain::slug::Slug;

/// The first page.
pub const HOME: &str = "/";
/// The ambassadors.
pub const AMBASSADORS: &str = "/ambassadors";
/// The meetups.
pub const EVENTS: &str = "/events";
/// The posts.
pub const POSTS: &str = "/posts";
/// The demos and what isolates them.
pub const PLAYGROUND: &str = "/playground";
/// Where a run is asked for (POST).
pub const RUNS: &str = "/runs";
/// The editor with a text of one's own.
pub const OWN_PIPELINE: &str = "/playground/new";
/// Where a text is checked without being run (POST).
pub const CHECK: &str = "/playground/check";
/// Where a text is shared (POST).
pub const SHARE: &str = "/playground/share";
/// What the demos did lately.
pub const SHOWCASE: &str = "/showcase";
/// The showcase's figures for programs.
pub const SHOWCASE_JSON: &str = "/showcase.json";
/// Series of meetups.
pub const SERIES: &str = "/series";
/// Where one follows (GET shows, POST asks to).
pub const FOLLOW: &str = "/follow";
/// What owners do with their registrations.
pub const REGISTRATIONS: &str = "/registrations";
/// What every mail looks like, in development mode.
pub const DEV_MAIL_SAMPLES: &str = "/dev/mail/samples";
/// The mail that was caught, in development mode.
pub const DEV_MAIL: &str = "/dev/mail";

/// An ambassador's profile.
pub fn ambassador(slug: &Slug) -> String {
    format!("{AMBASSADORS}/{slug}")
}

/// A meetup, with its registration form.
pub fn event(slug: &Slug) -> String {
    format!("{EVENTS}/{slug}")
}

/// Where one registers for a meetup (POST).
pub fn register(slug: &Slug) -> String {
    format!("{EVENTS}/{slug}/register")
}

/// What one reads after registering.
pub fn registered(slug: &Slug) -> String {
    format!("{EVENTS}/{slug}/registered")
}

/// A meetup as a calendar entry.
pub fn event_calendar(slug: &Slug) -> String {
    format!("{EVENTS}/{slug}/calendar.ics")
}

/// A post.
pub fn post(slug: &Slug) -> String {
    format!("{POSTS}/{slug}")
}

/// A standing page.
pub fn standing(slug: &Slug) -> String {
    format!("/{slug}")
}

/// A demo pipeline with its text.
pub fn demo(slug: &Slug) -> String {
    format!("{PLAYGROUND}/{slug}")
}

/// A demo's page with the text of an earlier run in the editor.
pub fn edit_run(demo: &Slug, id: &RunId) -> String {
    format!("{PLAYGROUND}/{demo}?from={id}")
}

/// The editor with the text of an earlier run that came from no demo.
pub fn edit_own_run(id: &RunId) -> String {
    format!("{OWN_PIPELINE}?from={id}")
}

/// The editor with the smallest text of a dialect that runs.
pub fn own_pipeline(dialect: Dialect) -> String {
    format!("{OWN_PIPELINE}?dialect={}", dialect.as_str())
}

/// A text that somebody shared, in the editor.
pub fn shared(id: &ShareId) -> String {
    format!("{PLAYGROUND}/shared/{id}")
}

/// A demo for other sites to show in a frame.
pub fn demo_embed(slug: &Slug) -> String {
    format!("{PLAYGROUND}/{slug}/embed")
}

/// A demo's latest result as a picture.
pub fn badge(slug: &Slug) -> String {
    format!("/badges/{slug}.svg")
}

/// A run.
pub fn run(id: &RunId) -> String {
    format!("{RUNS}/{id}")
}

/// A run for other sites to show in a frame.
pub fn run_embed(id: &RunId) -> String {
    format!("{RUNS}/{id}/embed")
}

/// The whole log of a run as plain text.
pub fn run_log(id: &RunId) -> String {
    format!("{RUNS}/{id}/log")
}

/// The log of a step as plain text. Jobs and steps are counted from 1.
pub fn step_log(id: &RunId, job: usize, step: usize) -> String {
    format!("{RUNS}/{id}/log?job={job}&step={step}")
}

/// A page of a step's log, from the line with this number on. All are counted from 1.
pub fn run_lines(id: &RunId, job: usize, step: usize, from: usize) -> String {
    format!("{RUNS}/{id}/lines?job={job}&step={step}&from={from}")
}

/// Where a run is cancelled (POST).
pub fn cancel_run(id: &RunId) -> String {
    format!("{RUNS}/{id}/cancel")
}

/// One caught mail, by its file's name.
pub fn dev_mail(name: &str) -> String {
    format!("{DEV_MAIL}/{name}")
}

/// A series with its dates.
pub fn series(slug: &Slug) -> String {
    format!("{SERIES}/{slug}")
}

/// Where one registers for all dates of a series (POST).
pub fn register_for_series(slug: &Slug) -> String {
    format!("{SERIES}/{slug}/register")
}

/// What one reads after registering for all dates of a series.
pub fn registered_for_series(slug: &Slug) -> String {
    format!("{SERIES}/{slug}/registered")
}

/// The form to follow, with this topic chosen.
pub fn follow(topic: &Topic) -> String {
    format!("{FOLLOW}?topic={}", percent_encoded(&topic.to_string()))
}

/// Where one confirms an address (GET shows, POST confirms).
pub fn confirm(token: &str) -> String {
    format!("{REGISTRATIONS}/confirm/{token}")
}

/// A registration, for its owner.
pub fn manage(token: &str) -> String {
    format!("{REGISTRATIONS}/manage/{token}")
}

/// The short form after an event (GET shows, POST stores).
pub fn feedback(token: &str) -> String {
    format!("{REGISTRATIONS}/feedback/{token}")
}

/// Where one confirms to follow (GET shows, POST confirms).
pub fn confirm_follow(token: &str) -> String {
    format!("{FOLLOW}/confirm/{token}")
}

/// Where one stops to follow (GET shows, POST stops).
pub fn stop_following(token: &str) -> String {
    format!("{FOLLOW}/stop/{token}")
}

/// What a sample mail looks like, by its name and language.
pub fn dev_mail_sample(name: &str, language: Language) -> String {
    format!("{DEV_MAIL_SAMPLES}/{name}/{}", language.tag())
}

/// The HTML part of a sample mail, as it is.
pub fn dev_mail_sample_html(name: &str, language: Language) -> String {
    format!("{}/html", dev_mail_sample(name, language))
}

/// A text as the value of a query (RFC 3986 section 2.1): every byte that is not unreserved is encoded.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing into a string never fails.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_survives_its_way_through_an_address() {
        let topic = Topic::City("são paulo & 上海".to_owned());
        assert_eq!(follow(&topic), "/follow?topic=city%3As%C3%A3o%20paulo%20%26%20%E4%B8%8A%E6%B5%B7");
    }
}
