//! One attempt at one mail.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;
use jiff::Timestamp;
use regatta_store::StoreError;
use regatta_store::outbox::{ClaimedMail, Settlement, Suppression};
use tokio_util::sync::CancellationToken;

use super::WorkerParts;
use super::hold::Hold;
use crate::backoff::{Pace, next_attempt};
use crate::mime::{Outgoing, render};
use crate::transport::{Ready, SendError};

/// How much of a server's words is kept with the mail, in characters.
const MAX_WORDS: usize = 500;

/// A mail that was claimed, and what it takes to send it.
pub(super) struct Delivery<'a> {
    pub(super) parts: &'a WorkerParts,
    pub(super) hold: &'a Hold,
    pub(super) claimed: &'a ClaimedMail,
    pub(super) stop: &'a CancellationToken,
    /// Whether its text began to be handed over.
    pub(super) begun: AtomicBool,
}

/// Why there is nothing more to do for this attempt.
enum End {
    /// The mail is to be settled so.
    Settled(Settlement),
    /// It was taken back from this worker.
    TakenBack,
}

impl Delivery<'_> {
    /// What came of it; `None` where the mail was taken back from this worker before its text was handed over. A mail at
    /// which the program stumbles must not take the others with it.
    pub(super) async fn run(&self) -> Option<Settlement> {
        match AssertUnwindSafe(self.attempt()).catch_unwind().await {
            Ok(Ok(())) => Some(Settlement::Sent),
            Ok(Err(End::Settled(settlement))) => Some(settlement),
            Ok(Err(End::TakenBack)) => None,
            Err(_) => Some(self.stumbled()),
        }
    }

    fn stumbled(&self) -> Settlement {
        let why = "the program stumbled over this mail; its log tells where".to_owned();
        if self.begun.load(Ordering::Relaxed) {
            Settlement::Unknown { why }
        } else {
            Settlement::Failed { why }
        }
    }

    async fn attempt(&self) -> Result<(), End> {
        self.respect_suppression().await?;
        let mail = self.write().await?;
        let ready = self.begin(&mail).await?;
        let ready = self.note(ready).await?;
        self.begun.store(true, Ordering::Relaxed);
        match ready.hand_over().await {
            Ok(()) => {
                self.hold.end();
                Ok(())
            }
            Err(error) => Err(self.consequence(error).await),
        }
    }

    /// Nothing is sent to an address that mail does not reach.
    async fn respect_suppression(&self) -> Result<(), End> {
        let address = self.claimed.mail.recipient.normalized();
        match self.parts.outbox.suppression(&address).await {
            Ok(None) => Ok(()),
            Ok(Some(Suppression { why, .. })) => {
                let why = shortened(&format!("mail does not reach this address: {why}"));
                Err(End::Settled(Settlement::Failed { why }))
            }
            Err(error) => Err(self.later(Pace::Plain, &error.to_string())),
        }
    }

    /// The mail as it reads at this moment.
    async fn write(&self) -> Result<Outgoing, End> {
        match self.parts.letters.letter(self.claimed).await {
            Ok(Some(letter)) => render(&letter, &self.parts.stationery, self.now())
                .map_err(|error| failed(&error.to_string())),
            Ok(None) => {
                let why = "there is nothing to tell any more: things moved on".to_owned();
                Err(End::Settled(Settlement::Dropped { why }))
            }
            Err(error) => Err(self.later(Pace::Plain, &error.to_string())),
        }
    }

    /// Everything up to the text. Who has to stop does not wait for it: until then nothing is delivered.
    async fn begin<'m>(&'m self, mail: &'m Outgoing) -> Result<Ready<'m>, End> {
        let begun = tokio::select! {
            biased;
            () = self.stop.cancelled() => {
                let why = "the program was stopped before the mail was handed over".to_owned();
                return Err(End::Settled(Settlement::Retry { at: self.now(), why }));
            }
            begun = self.parts.transport.begin(mail) => begun,
        };
        match begun {
            Ok(ready) => Ok(ready),
            Err(error) => Err(self.consequence(error).await),
        }
    }

    /// Notes that the text follows. What cannot be noted must not be handed over.
    async fn note<'m>(&self, ready: Ready<'m>) -> Result<Ready<'m>, End> {
        let id = &self.claimed.mail.id;
        let Err(error) = self.parts.outbox.hand_over(&self.parts.name, id, self.now()).await else {
            return Ok(ready);
        };
        ready.withdraw().await;
        if let StoreError::Stale(_) = error {
            tracing::warn!(mail = id.as_str(), "a mail was taken back from this worker before it was sent");
            return Err(End::TakenBack);
        }
        Err(self.later(Pace::Plain, &error.to_string()))
    }

    /// What follows from a failure, for this mail and for all.
    async fn consequence(&self, error: SendError) -> End {
        match error {
            SendError::Unready(why) => self.hold_back("the mail server takes no mail at the moment", &why),
            SendError::Throttled(why) => {
                let until = self.hold.begin(self.now());
                tracing::warn!(%until, "the mail server wants less mail; all mail is held back for a while");
                End::Settled(Settlement::Retry { at: until, why: shortened(&why) })
            }
            SendError::Misconfigured(why) => self.hold_back(
                "the mail server refuses this portal: correct mail.url or mail.from, or the server; mail stays owed",
                &why,
            ),
            SendError::Temporary { why, pace } => {
                self.hold.end();
                if pace == Pace::Ourselves {
                    tracing::error!("a server does not believe that this portal is who it says: see to SPF and DKIM");
                }
                self.later(pace, &why)
            }
            SendError::Refused { why, dead_address } => {
                self.hold.end();
                if dead_address {
                    self.suppress(&why).await;
                }
                failed(&why)
            }
            SendError::Unanswered(why) => End::Settled(Settlement::Unknown { why: shortened(&why) }),
        }
    }

    /// All mail waits for a while. The server's words name no recipient where they are about the portal, or the mail is one
    /// that it will not relay for anybody; they go to the log, as only they tell what to put right.
    fn hold_back(&self, trouble: &'static str, why: &str) -> End {
        let (until, why) = (self.hold.begin(self.now()), shortened(why));
        tracing::error!(%until, why = without_addresses(&why), trouble, "all mail is held back for a while");
        End::Settled(Settlement::Retry { at: until, why })
    }

    async fn suppress(&self, why: &str) {
        let suppression = Suppression {
            address: self.claimed.mail.recipient.normalized(),
            since: self.now(),
            why: shortened(why),
        };
        if let Err(error) = self.parts.outbox.suppress(&suppression).await {
            tracing::warn!(%error, "an address that mail does not reach could not be noted");
        }
    }

    fn later(&self, pace: Pace, why: &str) -> End {
        let ClaimedMail { mail, attempt } = self.claimed;
        match next_attempt(pace, &mail.id, mail.created_at, *attempt, self.now()) {
            Some(at) => End::Settled(Settlement::Retry { at, why: shortened(why) }),
            None => failed(why),
        }
    }

    fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }
}

fn failed(why: &str) -> End {
    End::Settled(Settlement::Failed { why: shortened(why) })
}

pub(super) fn shortened(why: &str) -> String {
    why.chars().take(MAX_WORDS).collect()
}

/// The words without those that hold an address.
fn without_addresses(words: &str) -> String {
    let kept = words.split_whitespace().map(|word| if word.contains('@') { "…" } else { word });
    kept.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_words_are_kept_within_bounds() {
        assert_eq!(shortened(&"ü".repeat(10_000)).chars().count(), MAX_WORDS);
    }

    #[test]
    fn no_address_reaches_the_log() {
        assert_eq!(
            without_addresses("554 5.7.1 <ada@example.org>: Relay access denied"),
            "554 5.7.1 … Relay access denied"
        );
    }
}
