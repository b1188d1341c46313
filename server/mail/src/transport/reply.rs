//! What a server's answer, or its silence, means for the mail.

use std::error::Error as StdError;
use std::io;

use lettre::transport::smtp::Error;

use super::error::SendError;
use crate::backoff::Pace;
use crate::status::Status;

/// Where the dialogue stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Connection, greeting, introduction, TLS.
    Greeting,
    /// The login.
    Login,
    /// The sender.
    Sender,
    /// The recipient, and the announcement of the text: a refusal is about this mail.
    Recipient,
    /// The text and its answer.
    Text,
}

impl Step {
    /// Whether what is said at this step is about the portal, not about one mail.
    fn is_about_everyone(self) -> bool {
        matches!(self, Self::Greeting | Self::Login | Self::Sender)
    }
}

/// What `error` means at this step. An answer is an answer at any step; only where there is none, the step decides.
pub(super) fn meaning(step: Step, error: &Error) -> SendError {
    match answer(error) {
        Some(answer) => answered(step, &answer),
        None => unanswered(step, error),
    }
}

/// What silence beyond all patience means at this step.
pub(super) fn silence(step: Step, words: String) -> SendError {
    match step {
        Step::Text => SendError::Unanswered(words),
        Step::Recipient => SendError::Temporary { why: words, pace: Pace::Plain },
        Step::Greeting | Step::Login | Step::Sender => SendError::Unready(words),
    }
}

/// Whether the server may have closed this connection while it was not used: it says so with 421 (RFC 5321 section 3.8),
/// or just left.
pub(super) fn may_have_left(error: &Error) -> bool {
    answer(error).is_none_or(|answer| answer.code == 421)
}

/// Whether the server answered, and goes on listening on this connection.
pub(super) fn goes_on(error: &Error) -> bool {
    !may_have_left(error)
}

/// A refusal in numbers and words.
struct Answer {
    code: u16,
    status: Option<Status>,
    words: String,
}

fn answer(error: &Error) -> Option<Answer> {
    let code = error.status()?.to_string().parse().ok()?;
    let words = error.source().map(ToString::to_string).unwrap_or_default();
    Some(Answer { code, status: Status::leading(&words), words })
}

fn answered(step: Step, answer: &Answer) -> SendError {
    let words = format!("{} {}", answer.code, answer.words);
    let passes = answer.code < 500;
    match step {
        _ if answer.is_throttling() && step != Step::Greeting => SendError::Throttled(words),
        _ if step.is_about_everyone() && passes => SendError::Unready(words),
        _ if step.is_about_everyone() || answer.is_about_the_portal() => SendError::Misconfigured(words),
        _ if passes || answer.passes_nevertheless() => {
            SendError::Temporary { why: words, pace: answer.pace() }
        }
        _ => {
            let dead_address = answer.status.is_some_and(Status::is_dead_address);
            SendError::Refused { why: words, dead_address }
        }
    }
}

fn unanswered(step: Step, error: &Error) -> SendError {
    if step.is_about_everyone() && error.is_client() {
        return SendError::Misconfigured(error.to_string());
    }
    broken(step, error)
}

/// What it means that the connection broke, or never was, at this step.
pub(super) fn broken(step: Step, error: &(dyn StdError + 'static)) -> SendError {
    let words = error.to_string();
    if step.is_about_everyone() && is_disagreement(error) {
        return SendError::Misconfigured(words);
    }
    silence(step, words)
}

/// What TLS cannot agree on is bad data to the layer below: a certificate for another name, out of date, of a stranger.
fn is_disagreement(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(found) = cause {
        if found.downcast_ref::<io::Error>().is_some_and(|found| found.kind() == io::ErrorKind::InvalidData) {
            return true;
        }
        cause = found.source();
    }
    false
}

impl Answer {
    fn has(&self, class: u8, subject: u16, detail: u16) -> bool {
        self.status == Some(Status { class, subject, detail })
    }

    fn says(&self, word: &str) -> bool {
        self.words.to_ascii_lowercase().contains(word)
    }

    fn is_greylisting(&self) -> bool {
        self.says("greylist") || self.says("graylist")
    }

    /// The server, not the mailbox, wants a rest: it leaves (421), is busy (4.3.2, 4.4.5), has had too many recipients
    /// (4.5.3) or too much (4.7.0, 4.7.28).
    fn is_throttling(&self) -> bool {
        let busy = [(3, 2), (4, 5), (5, 3), (7, 0), (7, 28)];
        let said = busy.into_iter().any(|(subject, detail)| self.has(4, subject, detail));
        self.code == 421 || (said && self.code < 500 && !self.is_greylisting())
    }

    /// Said at the recipient or the text, but true for every recipient: log in first (RFC 4954 section 6), or no relaying.
    fn is_about_the_portal(&self) -> bool {
        let login = matches!(self.code, 530 | 534 | 535 | 538);
        // "User unknown in relay recipient table" (5.1.1) is about the recipient.
        let policy = self.status.is_none_or(|status| status.subject == 7);
        login || (self.code >= 550 && policy && self.says("relay"))
    }

    /// Permanent by its number, and yet worth trying again: the commands were out of order, the mailbox is full, or what
    /// proves this portal has to be put right first.
    fn passes_nevertheless(&self) -> bool {
        let status = |is: fn(Status) -> bool| self.status.is_some_and(is);
        self.code == 503 || status(Status::is_full_mailbox) || status(Status::is_unproven_sender)
    }

    fn pace(&self) -> Pace {
        match self.status {
            Some(status) if status.is_full_mailbox() => Pace::FullMailbox,
            Some(status) if status.is_unproven_sender() => Pace::Ourselves,
            _ if self.is_greylisting() => Pace::Greylisted,
            // What greylisting is called where it is not named: 4.7.1, 4.2.0, or nothing in particular.
            None if matches!(self.code, 450 | 451) => Pace::Greylisted,
            Some(Status { subject: 7, .. } | Status { subject: 2, detail: 0, .. }) if self.code < 500 => {
                Pace::Greylisted
            }
            _ => Pace::Plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(step: Step, answer: &str) -> SendError {
        let (code, words) = answer.split_once(' ').unwrap();
        let code = code.parse().unwrap();
        answered(step, &Answer { code, status: Status::leading(words), words: words.to_owned() })
    }

    fn pace_of(answer: &str) -> Pace {
        match at(Step::Recipient, answer) {
            SendError::Temporary { pace, .. } => pace,
            other => panic!("{answer}: {other:?}"),
        }
    }

    #[test]
    fn before_the_recipient_every_refusal_is_about_the_portal() {
        for step in [Step::Greeting, Step::Login, Step::Sender] {
            assert!(matches!(at(step, "451 4.3.0 not now"), SendError::Unready(_)), "{step:?}");
            assert!(matches!(at(step, "550 5.7.1 not you"), SendError::Misconfigured(_)), "{step:?}");
        }
        assert!(matches!(at(Step::Greeting, "421 4.3.2 too many connections"), SendError::Unready(_)));
        assert!(matches!(at(Step::Sender, "421 4.7.0 slow down"), SendError::Throttled(_)));
    }

    #[test]
    fn throttling_is_told_from_greylisting() {
        for answer in
            ["421 bye", "450 4.7.28 unusual rate", "452 4.5.3 too many recipients", "451 4.3.2 busy"]
        {
            for step in [Step::Recipient, Step::Text] {
                assert!(matches!(at(step, answer), SendError::Throttled(_)), "{answer}");
            }
        }
        for answer in ["450 try later", "451 4.7.1 come back", "450 4.2.0 Greylisted", "450 4.7.0 greylisted"]
        {
            assert_eq!(pace_of(answer), Pace::Greylisted, "{answer}");
        }
    }

    #[test]
    fn each_trouble_has_its_pace() {
        assert_eq!(pace_of("452 4.2.2 over quota"), Pace::FullMailbox);
        assert_eq!(pace_of("552 5.2.2 mailbox full"), Pace::FullMailbox);
        assert_eq!(pace_of("451 4.3.0 disk trouble"), Pace::Plain);
        assert_eq!(pace_of("452 no storage"), Pace::Plain);
        assert_eq!(pace_of("503 5.5.1 out of order"), Pace::Plain);
        assert_eq!(pace_of("550 5.7.26 unauthenticated"), Pace::Ourselves);
    }

    #[test]
    fn only_a_dead_address_is_called_dead() {
        for (answer, dead) in [
            ("550 5.1.1 no such user", true),
            ("550 5.2.1 mailbox disabled", true),
            ("556 5.1.10 null MX", true),
            ("550 5.1.1 user unknown in relay recipient table", true),
            ("550 no such user here", false),
            ("554 5.7.1 looks like spam", false),
        ] {
            let SendError::Refused { dead_address, why } = at(Step::Recipient, answer) else {
                panic!("{answer}")
            };
            assert_eq!((dead_address, why.as_str()), (dead, answer));
        }
    }

    #[test]
    fn a_server_that_will_not_relay_is_not_the_recipients_fault() {
        for answer in ["554 5.7.1 Relay access denied", "550 relaying denied", "530 5.7.0 authenticate first"]
        {
            assert!(matches!(at(Step::Recipient, answer), SendError::Misconfigured(_)), "{answer}");
        }
    }

    #[test]
    fn silence_after_the_text_is_the_only_unknown() {
        assert!(matches!(silence(Step::Text, String::new()), SendError::Unanswered(_)));
        assert!(matches!(silence(Step::Recipient, String::new()), SendError::Temporary { .. }));
        assert!(matches!(silence(Step::Greeting, String::new()), SendError::Unready(_)));
    }
}
