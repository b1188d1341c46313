//! What every mail looks like, for whoever develops on this machine. These routes do not exist in production.

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse};
use http::header::CONTENT_SECURITY_POLICY;
use regatta_app::pages::dev_mail_samples::{
    MailSample, MailSampleView, MailSamplesView, mail_sample, mail_samples,
};
use regatta_domain::language::Language;
use regatta_language::Words;
use regatta_mail::messages::samples::NOW;
use regatta_mail::messages::{Content, compose};
use regatta_mail::{Sample, layout, samples};

use super::errors::Refusal;
use super::headers::MAIL_POLICY;
use super::site::{PageResult, page, shell};
use super::state::Portal;

/// `GET /dev/mail/samples`
pub async fn list(State(portal): State<Portal>) -> PageResult {
    let all = Language::ALL.into_iter().flat_map(samples);
    let samples = all.map(|sample| shown(&sample, &composed(&sample))).collect();
    let shell = shell(&portal, &portal.shelf.library());
    Ok(page(mail_samples(&shell, &MailSamplesView { samples })))
}

/// `GET /dev/mail/samples/{name}/{language}`
pub async fn read(
    State(portal): State<Portal>,
    Path((name, language)): Path<(String, String)>,
) -> PageResult {
    let sample = sample(&name, &language)?;
    let content = composed(&sample);
    let text = layout::text(Words::of(content.language), &content.blocks);
    let view = MailSampleView { sample: shown(&sample, &content), text };
    Ok(page(mail_sample(&shell(&portal, &portal.shelf.library()), &view)))
}

/// `GET /dev/mail/samples/{name}/{language}/html`: the HTML part as it is sent.
pub async fn html(Path((name, language)): Path<(String, String)>) -> PageResult {
    let sample = sample(&name, &language)?;
    let content = composed(&sample);
    let html = layout::html(content.frame(&sample.letter.site), &content.blocks);
    Ok(([(CONTENT_SECURITY_POLICY, MAIL_POLICY)], Html(html)).into_response())
}

fn sample(name: &str, language: &str) -> Result<Sample, Refusal> {
    let language = Language::tagged(language).ok_or(Refusal::NotFound)?;
    samples(language).into_iter().find(|sample| sample.name == name).ok_or(Refusal::NotFound)
}

fn composed(sample: &Sample) -> Content {
    compose(&sample.letter, NOW)
}

fn shown(sample: &Sample, content: &Content) -> MailSample {
    MailSample {
        name: sample.name.to_owned(),
        language: sample.letter.language,
        subject: content.subject.clone(),
    }
}
