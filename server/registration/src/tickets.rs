//! Tickets: short texts that show at the door, without a network, that a registration is one of ours.
//!
//! A ticket is a version, the registration, how many it is for, a tag of the event, and an Ed25519 signature (RFC 8032) of
//! all that, written in base32 (RFC 4648 section 6): 144 capital letters and digits, which QR codes store in their compact
//! alphanumeric mode. Whoever knows the public key can tell a genuine one; only the portal can make one. Whether the
//! registration still has its seat, and whether it came already, is for the list at the door to say.

use data_encoding::BASE32_NOPAD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use regatta_domain::ids::{EventId, RegistrationId};
use regatta_domain::registration::Registration;
use sha2::{Digest, Sha256};

use crate::keys;

/// Keeps the key of tickets apart from all others that are made from the same secret.
const KEY_LABEL: &[u8] = b"regatta tickets 1";

/// The first byte of every ticket of this form.
const VERSION: u8 = 1;

/// How much of the digest of an event's identity is in a ticket: enough to tell the events of one portal apart.
const TAG_LEN: usize = 8;

/// Version, registration, party, tag of the event.
const PAYLOAD_LEN: usize = 1 + 16 + 1 + TAG_LEN;

const SIGNATURE_LEN: usize = 64;

/// The longest text that is read as a ticket: its 144 characters, with a space after each.
const MAX_TEXT: usize = 288;

/// What a genuine ticket says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Whose it is.
    pub registration: RegistrationId,
    /// How many it was for when it was made; 255 stands for as many and more.
    pub party: u8,
    /// The tag of its event, see [`event_tag`].
    pub event_tag: [u8; TAG_LEN],
}

impl Ticket {
    /// Whether it is for this event.
    pub fn is_for(&self, event: &EventId) -> bool {
        self.event_tag == event_tag(event)
    }
}

/// Why a text is no ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TicketRefused {
    /// Not of the form of a ticket: cut short, mistyped, or another code altogether.
    #[error("this is not the text of a ticket")]
    Unreadable,
    /// Of the form of a ticket, and not made by this portal, or changed since.
    #[error("this ticket was not made by this portal")]
    Forged,
}

/// By what a ticket knows its event: the first bytes of the SHA-256 digest of the event's identity.
pub fn event_tag(event: &EventId) -> [u8; TAG_LEN] {
    let digest: [u8; 32] = Sha256::digest(event.as_str().as_bytes()).into();
    std::array::from_fn(|at| digest[at])
}

/// Makes tickets and recognises its own.
pub struct TicketSigner {
    key: SigningKey,
}

impl TicketSigner {
    /// A signer with the portal's secret.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self { key: SigningKey::from_bytes(&keys::derived(secret, KEY_LABEL)) }
    }

    /// The ticket of a registration, as it is put into a QR code. The same for the same registration and party, always.
    pub fn ticket(&self, registration: &Registration) -> String {
        let payload = write(&Ticket {
            registration: registration.id.clone(),
            party: u8::try_from(registration.party).unwrap_or(u8::MAX),
            event_tag: event_tag(&registration.event),
        });
        BASE32_NOPAD.encode(&[&payload[..], &self.key.sign(&payload).to_bytes()].concat())
    }

    /// What anybody needs to tell genuine tickets of this portal (RFC 8032 section 5.1.5). Not a secret.
    pub fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// What `text` says, where it is a ticket of this portal.
    pub fn verify(&self, text: &str) -> Result<Ticket, TicketRefused> {
        read_signed(&self.key.verifying_key(), text)
    }
}

/// What `text` says, where it is a ticket of the portal with this public key: all that a reader at the door without a
/// network has to go by. Small letters, spaces and line ends do no harm, as tickets are typed in too.
pub fn verify_ticket(public_key: &[u8; 32], text: &str) -> Result<Ticket, TicketRefused> {
    let key = VerifyingKey::from_bytes(public_key).map_err(|_| TicketRefused::Forged)?;
    read_signed(&key, text)
}

fn read_signed(key: &VerifyingKey, text: &str) -> Result<Ticket, TicketRefused> {
    let bytes = decode(text).ok_or(TicketRefused::Unreadable)?;
    let (payload, signature) = bytes.split_first_chunk::<PAYLOAD_LEN>().ok_or(TicketRefused::Unreadable)?;
    let signature = Signature::from_slice(signature).map_err(|_| TicketRefused::Unreadable)?;
    let ticket = read(payload).ok_or(TicketRefused::Unreadable)?;
    key.verify_strict(payload, &signature).map_err(|_| TicketRefused::Forged)?;
    Ok(ticket)
}

fn decode(text: &str) -> Option<[u8; PAYLOAD_LEN + SIGNATURE_LEN]> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let plain: String = text.split_whitespace().collect::<String>().to_ascii_uppercase();
    BASE32_NOPAD.decode(plain.as_bytes()).ok()?.try_into().ok()
}

fn write(ticket: &Ticket) -> [u8; PAYLOAD_LEN] {
    let mut payload = [0; PAYLOAD_LEN];
    payload[0] = VERSION;
    payload[1..17].copy_from_slice(&ticket.registration.to_bytes());
    payload[17] = ticket.party;
    payload[18..].copy_from_slice(&ticket.event_tag);
    payload
}

fn read(payload: &[u8; PAYLOAD_LEN]) -> Option<Ticket> {
    let (&[version], rest) = payload.split_first_chunk()?;
    let (&registration, rest) = rest.split_first_chunk()?;
    let (&[party], rest) = rest.split_first_chunk()?;
    let (&event_tag, _) = rest.split_first_chunk()?;
    (version == VERSION).then(|| Ticket {
        registration: RegistrationId::from_bytes(registration),
        party,
        event_tag,
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use regatta_domain::language::Language;
    use regatta_domain::questions::Answers;
    use regatta_domain::registration::RegistrationState;
    use regatta_domain::seats::Attendance;

    use super::*;

    fn signer() -> TicketSigner {
        TicketSigner::new(&[7; 32])
    }

    fn registration(bytes: [u8; 16], party: u32) -> Registration {
        Registration {
            id: RegistrationId::from_bytes(bytes),
            event: "meetup".parse().unwrap(),
            name: "Ada".parse().unwrap(),
            email: "ada@example.org".parse().unwrap(),
            language: Language::English,
            attendance: Attendance::InPerson,
            party,
            answers: Answers::default(),
            state: RegistrationState::Confirmed,
            place: 1,
            booking: None,
            held_until: Timestamp::UNIX_EPOCH,
            seated_at: None,
            purge_at: Timestamp::UNIX_EPOCH,
            generation: 1,
            sequence: 0,
            version: 1,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn sample() -> String {
        signer().ticket(&registration(*b"one registration", 2))
    }

    #[test]
    fn a_ticket_is_short_and_fits_the_compact_mode_of_qr_codes() {
        let ticket = sample();
        assert_eq!(ticket.len(), 144);
        assert!(ticket.bytes().all(|one| one.is_ascii_uppercase() || one.is_ascii_digit()), "{ticket}");
    }

    /// Computed apart from this code, so that tickets that people carry survive an upgrade.
    #[test]
    fn tickets_never_change_their_form() {
        let expected = "AFXW4ZJAOJSWO2LTORZGC5DJN5XAEV2LGPMKAHOJJCXTHJ5YBPNH2VJP2D6X2LZNMDIH3BE4FELFRRAKBGBSNEMN3FEFLXYPDE4\
                        UAXFRD7FG54OXZD4ZMVZC5YVASOG7GWMYQNQLH62VJKAM";
        assert_eq!(sample(), expected);
    }

    #[test]
    fn the_public_key_is_enough_to_tell_a_genuine_one() {
        let ticket = verify_ticket(&signer().public_key(), &sample()).unwrap();
        assert_eq!(signer().verify(&sample()), Ok(ticket.clone()));
        assert_eq!(ticket.registration, RegistrationId::from_bytes(*b"one registration"));
        assert_eq!(ticket.party, 2);
        assert!(ticket.is_for(&"meetup".parse().unwrap()));
        assert!(!ticket.is_for(&"another".parse().unwrap()));
    }

    #[test]
    fn a_ticket_may_be_typed_in() {
        let typed: Vec<String> = sample()
            .to_lowercase()
            .as_bytes()
            .chunks(6)
            .map(|part| str::from_utf8(part).unwrap().into())
            .collect();
        assert_eq!(signer().verify(&format!(" {}\r\n", typed.join(" "))), signer().verify(&sample()));
    }

    #[test]
    fn another_portal_recognises_nothing() {
        let other = TicketSigner::new(&[8; 32]);
        assert_eq!(other.verify(&sample()), Err(TicketRefused::Forged));
        assert_eq!(verify_ticket(&other.public_key(), &sample()), Err(TicketRefused::Forged));
        assert_eq!(verify_ticket(&[0xff; 32], &sample()), Err(TicketRefused::Forged), "no key at all");
    }

    #[test]
    fn a_later_form_is_not_taken_for_this_one() {
        let mut bytes = BASE32_NOPAD.decode(sample().as_bytes()).unwrap();
        bytes[0] = VERSION + 1;
        let signature = signer().key.sign(&bytes[..PAYLOAD_LEN]).to_bytes();
        bytes[PAYLOAD_LEN..].copy_from_slice(&signature);
        assert_eq!(signer().verify(&BASE32_NOPAD.encode(&bytes)), Err(TicketRefused::Unreadable));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_registration_reads_back(bytes: [u8; 16], party in 1..1000u32) {
            let ticket = signer().verify(&signer().ticket(&registration(bytes, party))).unwrap();
            prop_assert_eq!(ticket.registration.to_bytes(), bytes);
            prop_assert_eq!(u32::from(ticket.party), party.min(255));
        }

        #[test]
        fn no_change_of_a_ticket_goes_unnoticed(place in 0..144usize, new in "[A-Z2-7]") {
            let mut changed = sample();
            changed.replace_range(place..=place, &new);
            prop_assume!(changed != sample());
            prop_assert!(signer().verify(&changed).is_err());
        }

        #[test]
        fn what_is_cut_short_lengthened_or_made_up_is_refused(
            kept in 0..144usize, more in "[A-Z2-7]{1,80}", text in any::<String>(), lookalike in "[A-Z2-7]{144}",
        ) {
            prop_assert_eq!(signer().verify(&sample()[..kept]), Err(TicketRefused::Unreadable));
            prop_assert_eq!(signer().verify(&(sample() + &more)), Err(TicketRefused::Unreadable));
            prop_assert_eq!(signer().verify(&text), Err(TicketRefused::Unreadable));
            prop_assert!(signer().verify(&lookalike).is_err());
        }
    }
}
