//! What stands between a form that anybody may send and the desk: limits for networks and addresses, and the few signs
//! by which machines are told from people without asking people anything.

use std::time::Duration;

use jiff::SignedDuration;
use regatta_domain::email_address::EmailAddress;

use super::budget::Budget;
use super::state::Portal;
use super::visitor::{VisitorNetwork, address_digest};

/// Nobody reads a form, fills it in and sends it in less.
const FASTEST: SignedDuration = SignedDuration::from_secs(3);

/// A form as far as it matters here.
pub struct Sent<'f> {
    /// For what it was handed out.
    pub purpose: &'f str,
    /// The token it carries.
    pub token: &'f str,
    /// Whether the field that nobody sees was filled in.
    pub by_a_machine: bool,
}

/// Why a form is not taken, though its fields may be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// The field that nobody sees was filled in.
    Machine,
    /// It was not handed out by this portal within the last day.
    Stale,
    /// It was sent faster than people type, from a network that sends many.
    TooFast,
    /// Too many came from this network, or for this address; there is room again after this time.
    TooOften(Duration),
}

/// Whether a person seems to have sent this form. How fast it came counts only for the last tenth of what the network
/// may send: browsers fill in forms for people who know them, and a hall or a company full of people is one network.
pub fn seems_human(
    portal: &Portal,
    sent: &Sent<'_>,
    network: &VisitorNetwork,
    budget: &Budget,
) -> Result<(), Objection> {
    let now = portal.clock.now();
    if sent.by_a_machine {
        return Err(Objection::Machine);
    }
    let age = portal.form_tokens.age(sent.purpose, sent.token, now).map_err(|_| Objection::Stale)?;
    if age < FASTEST && budget.is_nearly_spent(&network.0, now) { Err(Objection::TooFast) } else { Ok(()) }
}

/// Spends one of what the network may send, and one of what may be sent to this address.
pub fn spend(
    portal: &Portal,
    budget: &Budget,
    network: &VisitorNetwork,
    address: &EmailAddress,
) -> Result<(), Objection> {
    let now = portal.clock.now();
    budget.spend(&network.0, now).map_err(Objection::TooOften)?;
    let address = address_digest(address, &portal.secret_key);
    portal.budgets.addresses.spend(&address, now).map_err(Objection::TooOften)
}

impl Objection {
    /// What the visitor reads above the form, which still holds what they typed; `None` where the form has words of its
    /// own for it.
    pub fn words(self) -> Option<&'static str> {
        match self {
            Self::Stale => None,
            Self::Machine => Some(
                "A field that people do not see was filled in, perhaps by your browser, so nothing was stored. It is \
                 empty again: send the form once more.",
            ),
            Self::TooFast => Some(
                "Many forms come from your network at the moment, and this one came within seconds, so nothing was \
                 stored. Look it over and send it once more.",
            ),
            Self::TooOften(_) => Some(
                "Your network, or this address, was used very often within the last hour. Nothing was stored; try \
                 again later, or write to us if you are many.",
            ),
        }
    }

    /// How long to wait, where waiting helps.
    pub fn wait(self) -> Option<Duration> {
        match self {
            Self::TooOften(wait) => Some(wait),
            Self::Machine | Self::Stale | Self::TooFast => None,
        }
    }
}
