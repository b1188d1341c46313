//! The mail that was kept instead of sent. Only ever shown in development mode.

use jiff::Timestamp;
use leptos::prelude::*;

use crate::components::dates::moment;
use crate::components::layout::{Page, compact_head};
use crate::paths;
use crate::shell::Shell;

/// What the list shows.
#[derive(Clone, Debug, Default)]
pub struct DevMailsView {
    /// The mails, the latest first.
    pub mails: Vec<DevMailEntry>,
    /// The folder they lie in.
    pub folder: String,
}

/// A mail in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevMailEntry {
    /// The name of its file, which is the last part of its address.
    pub name: String,
    /// Its subject.
    pub subject: String,
    /// Whom it is for.
    pub to: String,
    /// When it was written.
    pub at: Option<Timestamp>,
}

/// What one mail's page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevMailView {
    /// The mail.
    pub entry: DevMailEntry,
    /// Its text part, decoded.
    pub text: String,
    /// The whole file.
    pub raw: String,
}

/// The list of mails.
pub fn dev_mails(shell: &Shell, view: &DevMailsView) -> String {
    let lede = format!("In development mode mail is not sent. It lies in {}.", view.folder);
    let main = view! {
        {compact_head("Development", "Kept mail", Some(&lede), "mail")}
        {view.mails.is_empty().then(|| view! { <p class="empty">"No mail was written yet. Register for a meetup to get one."</p> })}
        <ul class="mails">{view.mails.iter().map(entry).collect_view()}</ul>
    };
    page("Kept mail", main.into_any()).render(shell)
}

/// One mail.
pub fn dev_mail(shell: &Shell, view: &DevMailView) -> String {
    let lede = format!("To {}", view.entry.to);
    let main = view! {
        {compact_head("Kept mail", &view.entry.subject, Some(&lede), "mail")}
        <div class="mail-text">{linked(&view.text)}</div>
        <details>
            <summary>"The whole file"</summary>
            <pre class="mail-raw" tabindex="0"><code>{view.raw.clone()}</code></pre>
        </details>
        <p class="more"><a href=paths::DEV_MAIL>"All kept mail"</a></p>
    };
    page(&view.entry.subject, main.into_any()).render(shell)
}

fn page(title: &str, main: AnyView) -> Page {
    Page {
        title: Some(title.to_owned()),
        description: "Mail that was kept in development mode.".to_owned(),
        path: None,
        section: None,
        structured_data: None,
        main,
    }
}

fn entry(mail: &DevMailEntry) -> AnyView {
    let at = mail.at.map(|at| view! { <time datetime=at.to_string()>{moment(at)}</time> });
    view! {
        <li>
            <a href=paths::dev_mail(&mail.name)>{mail.subject.clone()}</a>
            <span class="meta">{format!("To {}", mail.to)}</span>
            {at}
        </li>
    }
    .into_any()
}

/// The text with its web addresses as links, so that one can follow them as a reader would.
fn linked(text: &str) -> AnyView {
    let is_address = |word: &str| word.starts_with("http://") || word.starts_with("https://");
    let word = |word: &str| {
        let shown = word.to_owned();
        let address = word.trim_end();
        if is_address(address) {
            view! { <a href=address.to_owned()>{shown}</a> }.into_any()
        } else {
            shown.into_any()
        }
    };
    text.split_inclusive([' ', '\n']).map(word).collect_view().into_any()
}
