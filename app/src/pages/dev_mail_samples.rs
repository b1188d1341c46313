//! What every mail looks like, from made-up registrations. Only ever shown in development mode.

use leptos::prelude::*;
use regatta_domain::language::Language;

use crate::components::layout::{Page, compact_head};
use crate::paths;
use crate::shell::Shell;

/// What the list shows.
#[derive(Clone, Debug, Default)]
pub struct MailSamplesView {
    /// The samples in the order in which a reader would get them; each language of a mail is one.
    pub samples: Vec<MailSample>,
}

/// One mail in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSample {
    /// The kind of mail, which is also a part of its address: `confirm-seat`.
    pub name: String,
    /// In which language.
    pub language: Language,
    /// Its subject.
    pub subject: String,
}

/// What one sample's page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSampleView {
    /// Which one.
    pub sample: MailSample,
    /// Its text part.
    pub text: String,
}

/// The list of samples.
pub fn mail_samples(shell: &Shell, view: &MailSamplesView) -> String {
    let lede = "Every mail the portal writes, from made-up registrations.";
    let main = view! {
        {compact_head("Development", "What mails look like", Some(lede), "mail")}
        <ul class="mails">{view.samples.iter().map(entry).collect_view()}</ul>
        <p class="more"><a href=paths::DEV_MAIL>"Kept mail"</a></p>
    };
    page("What mails look like", main.into_any()).render(shell)
}

/// One sample: its text, and the way to its HTML.
pub fn mail_sample(shell: &Shell, view: &MailSampleView) -> String {
    let MailSample { name, language, subject } = &view.sample;
    let lede = format!("{name}, {}", language.name());
    let others = Language::ALL.into_iter().filter(|other| other != language).map(|other| {
        view! { <li><a href=paths::dev_mail_sample(name, other)>{other.name()}</a></li> }
    });
    let main = view! {
        {compact_head("Sample mail", subject, Some(&lede), "mail")}
        <ul class="links">
            <li><a href=paths::dev_mail_sample_html(name, *language)>"As HTML"</a></li>
            {others.collect_view()}
        </ul>
        <div class="mail-text" lang=language.tag()>{view.text.clone()}</div>
        <p class="more"><a href=paths::DEV_MAIL_SAMPLES>"All samples"</a></p>
    };
    page(subject, main.into_any()).render(shell)
}

fn entry(sample: &MailSample) -> AnyView {
    let MailSample { name, language, subject } = sample;
    view! {
        <li>
            <a href=paths::dev_mail_sample(name, *language) lang=language.tag()>{subject.clone()}</a>
            <span class="meta">{format!("{name}, {}", language.name())}</span>
            <a href=paths::dev_mail_sample_html(name, *language)>"As HTML"</a>
        </li>
    }
    .into_any()
}

fn page(title: &str, main: AnyView) -> Page {
    Page {
        title: Some(title.to_owned()),
        description: "What mails look like, in development mode.".to_owned(),
        path: None,
        section: None,
        structured_data: None,
        main,
    }
}
