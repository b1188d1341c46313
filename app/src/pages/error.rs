//! Pages that say what went wrong, and how to go on.

use leptos::prelude::*;

use crate::components::layout::{Page, page_head};
use crate::paths;
use crate::shell::Shell;

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is nothing at this address.
    NotFound,
    /// It came from another site's form, or may not be done.
    Forbidden,
    /// It was here and is not to be had any more, for this reason, a sentence.
    Gone(String),
    /// The address does not answer this kind of request.
    MethodNotAllowed,
    /// More was sent than is taken.
    TooLarge,
    /// What was sent cannot be understood, for this reason, a sentence.
    Unprocessable(String),
    /// Too much was asked for in too short a time; how many seconds to wait, where that is known.
    TooManyRequests(Option<u64>),
    /// The portal failed; under which name its log speaks of it, where there is one.
    Internal(Option<String>),
    /// Something the page needs cannot be had at the moment, for this reason, a sentence.
    Unavailable(String),
}

impl Problem {
    /// The HTTP status (RFC 9110 section 15) to answer with.
    pub fn status(&self) -> u16 {
        match self {
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Gone(_) => 410,
            Self::TooLarge => 413,
            Self::Unprocessable(_) => 422,
            Self::TooManyRequests(_) => 429,
            Self::Internal(_) => 500,
            Self::Unavailable(_) => 503,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::Forbidden => "This is not allowed",
            Self::NotFound => "There is nothing here",
            Self::MethodNotAllowed => "This address is for something else",
            Self::Gone(_) => "It is no longer here",
            Self::TooLarge => "That was too much",
            Self::Unprocessable(_) => "This could not be understood",
            Self::TooManyRequests(_) => "Too fast",
            Self::Internal(_) => "The portal failed",
            Self::Unavailable(_) => "Not at the moment",
        }
    }

    /// What happened and what to do, in a sentence or two.
    fn words(&self) -> String {
        match self {
            Self::Forbidden => {
                "The request did not come from a page of this site. Open the page here and try again."
                    .to_owned()
            }
            Self::NotFound => {
                "The page was moved, renamed or never there. Check the address, or go on from here."
                    .to_owned()
            }
            Self::MethodNotAllowed => {
                "Forms send to this address; it shows nothing by itself. Go back to the page with the form."
                    .to_owned()
            }
            Self::TooLarge => {
                "More was sent than this site takes. Go back, shorten it and send it again.".to_owned()
            }
            Self::Gone(why) => why.clone(),
            Self::Unprocessable(why) => format!("{why} Go back, put it right and send it again."),
            Self::TooManyRequests(Some(seconds)) => {
                format!("Too much was asked for in a short time. Try again in {seconds} seconds.")
            }
            Self::TooManyRequests(None) => {
                "Too much was asked for in a short time. Wait a little and try again.".to_owned()
            }
            Self::Internal(Some(name)) => {
                format!(
                    "It is not your fault. Try again; if it stays, tell the operator this number: {name}."
                )
            }
            Self::Internal(None) => "It is not your fault. Try again in a moment.".to_owned(),
            Self::Unavailable(why) => format!("{why} Try again in a moment."),
        }
    }
}

/// The page of a problem; answer with [`Problem::status`].
pub fn error(shell: &Shell, problem: &Problem) -> String {
    let main = view! {
        {page_head("", problem.title(), Some(&problem.words()), "uniform")}
        <ul class="ways-on" aria-label="Ways on">
            <li><a href=paths::HOME>"The first page"</a></li>
            <li><a href=paths::EVENTS>"Meetups"</a></li>
            <li><a href=paths::POSTS>"Posts"</a></li>
            <li><a href=paths::PLAYGROUND>"The playground"</a></li>
        </ul>
        <p class="status-code">{format!("Status {}", problem.status())}</p>
    };
    let page = Page {
        title: Some(problem.title().to_owned()),
        description: problem.words(),
        path: None,
        section: None,
        structured_data: None,
        main: main.into_any(),
    };
    page.render(shell)
}
