//! The addresses of the pages, in one place for links, forms and the router.

use regatta_domain::ids::RunId;
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
/// What the demos did lately.
pub const SHOWCASE: &str = "/showcase";
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

/// A run.
pub fn run(id: &RunId) -> String {
    format!("{RUNS}/{id}")
}

/// Where a run is cancelled (POST).
pub fn cancel_run(id: &RunId) -> String {
    format!("{RUNS}/{id}/cancel")
}

/// One caught mail, by its file's name.
pub fn dev_mail(name: &str) -> String {
    format!("{DEV_MAIL}/{name}")
}
