//! The form by which one registers: for a meetup, or for all dates of a series.

use regatta_domain::email_address::{EmailAddress, EmailAddressError};
use regatta_domain::language::Language;
use regatta_domain::person_name::{PersonName, PersonNameError};
use regatta_domain::questions::{AnswerError, Answers};
use regatta_domain::seats::Attendance;
use regatta_domain::slug::Slug;

use super::asked::{Asked, ChoiceError};
use super::pairs::{Given, Pairs};

/// The longest invitation code, in characters.
pub const MAX_INVITATION_CHARS: usize = 64;
/// The longest sign of when a form was handed out, in characters.
pub const MAX_TOKEN_CHARS: usize = 200;

/// The form as it was sent; an absent field is an empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegisterForm {
    /// How to greet the person.
    pub name: String,
    /// Where to write to.
    pub email: String,
    /// In which language.
    pub language: Language,
    /// How they want to take part.
    pub attendance: Option<Attendance>,
    /// For how many people.
    pub party: String,
    /// The code of their invitation.
    pub invitation: String,
    /// What was given to the questions.
    pub given: Given,
    /// Whether the terms were agreed to.
    pub terms: bool,
    /// A field that nobody sees; whoever fills it in is a machine.
    pub website: String,
    /// The signed moment at which the form was handed out. Checked by whoever signed it.
    pub token: String,
}

/// Who wants to come. Where there are terms, they agreed to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendee {
    /// How to greet them.
    pub name: PersonName,
    /// Where to write to.
    pub email: EmailAddress,
    /// In which language.
    pub language: Language,
    /// How they want to take part.
    pub attendance: Attendance,
    /// For how many people, from 1.
    pub party: u32,
    /// The code of their invitation, where one is needed; whether it is one is for the desk to tell.
    pub invitation: Option<String>,
    /// What they answered.
    pub answers: Answers,
}

/// What is wrong with a [`RegisterForm`], all of it at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegisterErrors {
    /// With the name.
    pub name: Option<PersonNameError>,
    /// With the address.
    pub email: Option<EmailAddressError>,
    /// With the way of taking part.
    pub attendance: Option<ChoiceError>,
    /// With the number of people.
    pub party: Option<ChoiceError>,
    /// With the code of the invitation.
    pub invitation: Option<ChoiceError>,
    /// With the answers, in the order of the questions.
    pub answers: Vec<(Slug, AnswerError)>,
    /// With the terms.
    pub terms: Option<ChoiceError>,
    /// With the whole: why nothing was stored though every field is right, in words for the visitor.
    pub refusal: Option<String>,
}

/// What one reads where the form was open for too long, or its token is none of ours.
const STALE: &str = "This form was open for a long time, so nothing was stored yet. What you entered is still here: look it \
                     over and send it once more.";

impl RegisterForm {
    /// An empty form for a visitor who reads `language`, handed out with this token.
    pub fn fresh(language: Language, token: String) -> Self {
        Self { language, token, ..Self::default() }
    }

    /// The form as its fields were sent. Fields that it does not have are passed over.
    pub fn read(pairs: &[(String, String)]) -> Self {
        let pairs = Pairs(pairs);
        Self {
            name: pairs.text("name", PersonName::MAX_CHARS),
            email: pairs.text("email", EmailAddress::MAX_LEN),
            language: Language::tagged(&pairs.text("language", 35)).unwrap_or_default(),
            attendance: Attendance::named(&pairs.text("attendance", 20)),
            party: pairs.text("party", 10),
            invitation: pairs.text("invitation", MAX_INVITATION_CHARS),
            given: pairs.given(),
            terms: pairs.text("terms", 10) == "yes",
            website: pairs.text("website", 100),
            token: pairs.text("form", MAX_TOKEN_CHARS),
        }
    }

    /// Whether the field that nobody sees was filled in.
    pub fn is_filled_in_by_a_machine(&self) -> bool {
        !self.website.trim().is_empty()
    }

    /// Who wants to come, or everything that is wrong.
    pub fn parse(&self, asked: &Asked) -> Result<Attendee, RegisterErrors> {
        let errors = self.errors(asked);
        let read = (
            self.name(),
            self.email.parse(),
            asked.attendance(self.attendance),
            asked.party(&self.party),
            asked.answers(&self.given),
        );
        match read {
            (Ok(name), Ok(email), Ok(attendance), Ok(party), Ok(answers)) if errors.is_empty() => {
                let invitation = asked.invitation.then(|| self.invitation.trim().to_owned());
                let language = self.language;
                Ok(Attendee { name, email, language, attendance, party, invitation, answers })
            }
            _ => Err(errors),
        }
    }

    fn errors(&self, asked: &Asked) -> RegisterErrors {
        let invitation = self.invitation.trim();
        let invitation = match invitation.chars().count() {
            _ if !asked.invitation => None,
            0 => Some(ChoiceError::NoInvitation),
            too_long if too_long > MAX_INVITATION_CHARS => Some(ChoiceError::UnknownInvitation),
            _ => None,
        };
        RegisterErrors {
            name: self.name().err(),
            email: self.email.parse::<EmailAddress>().err(),
            attendance: asked.attendance(self.attendance).err(),
            party: asked.party(&self.party).err(),
            invitation,
            answers: asked.answers(&self.given).err().unwrap_or_default(),
            terms: (!asked.terms.is_empty() && !self.terms).then_some(ChoiceError::Terms),
            refusal: None,
        }
    }
}

impl RegisterForm {
    /// The name, where there is something of it to be seen.
    fn name(&self) -> Result<PersonName, PersonNameError> {
        let is_blank = self.name.chars().all(|c| c.is_whitespace() || is_invisible(c));
        if is_blank { Err(PersonNameError::Empty) } else { self.name.parse() }
    }
}

/// Characters that take no ink: format characters, fillers and blanks that are no white space (Unicode Standard, chapter
/// 23). Some have their use within names; a name of nothing else greets nobody, and cannot be found in a list.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{e0000}'..='\u{e0fff}')
}

impl RegisterErrors {
    /// Nothing is wrong with the fields, but the whole is refused for this reason.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self { refusal: Some(reason.into()), ..Self::default() }
    }

    /// The form was open for too long, or does not come from here: hand it out again with a fresh token.
    pub fn stale() -> Self {
        Self::refused(STALE)
    }

    /// The desk does not know the code of the invitation.
    pub fn unknown_invitation() -> Self {
        Self { invitation: Some(ChoiceError::UnknownInvitation), ..Self::default() }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is wrong with the answer to this question.
    pub fn answer(&self, question: &Slug) -> Option<AnswerError> {
        self.answers.iter().find(|(id, _)| id == question).map(|(_, error)| *error)
    }
}

#[cfg(test)]
mod tests {
    use regatta_domain::event::{InvitationCode, Link, RegistrationPolicy};
    use regatta_domain::questions::{Question, QuestionKind, Questions};
    use regatta_domain::seats::Quotas;

    use super::*;

    fn sent(pairs: &[(&str, &str)]) -> RegisterForm {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        RegisterForm::read(&pairs.iter().map(owned).collect::<Vec<_>>())
    }

    fn everything() -> RegistrationPolicy {
        let meal = Question {
            id: "meal".parse().unwrap(),
            label: "Meal".to_owned(),
            hint: None,
            kind: QuestionKind::Choice(vec!["Vegan".to_owned()]),
            required: true,
            condition: None,
        };
        RegistrationPolicy {
            party_size: 4,
            invitations: vec![InvitationCode::Plain("ahoy".to_owned())],
            questions: Questions::new(vec![meal]).unwrap(),
            terms: Some(Link { title: "House rules".to_owned(), url: "/rules".to_owned() }),
            ..RegistrationPolicy::plain(Quotas { in_person: Some(2), online: Some(9) })
        }
    }

    #[test]
    fn tells_all_errors_at_once() {
        let form = sent(&[("name", " "), ("email", "ada"), ("party", "5"), ("q-meal", "Steak")]);
        let errors = form.parse(&Asked::by(&everything())).unwrap_err();
        assert_eq!(errors.name, Some(PersonNameError::Empty));
        assert_eq!(errors.email, Some(EmailAddressError::Form));
        assert_eq!(errors.attendance, Some(ChoiceError::Attendance));
        assert_eq!(errors.party, Some(ChoiceError::Party));
        assert_eq!(errors.invitation, Some(ChoiceError::NoInvitation));
        assert_eq!(errors.answer(&"meal".parse().unwrap()), Some(AnswerError::NotAChoice));
        assert_eq!(errors.terms, Some(ChoiceError::Terms));
    }

    #[test]
    fn a_name_is_something_to_be_seen() {
        let asked = Asked::by(&RegistrationPolicy::plain(Quotas::in_person(1)));
        let named = |name| sent(&[("name", name), ("email", "ada@example.org")]).parse(&asked);
        for blank in ["\u{200b}\u{200d}", "\u{2800} \u{3164}", "\u{feff}", "\u{e0041}"] {
            assert_eq!(named(blank).unwrap_err().name, Some(PersonNameError::Empty), "{blank:?}");
        }
        let joined = "نیلوفر\u{200c}ها";
        assert_eq!(named(joined).unwrap().name.as_str(), joined);
    }

    #[test]
    fn reads_who_wants_to_come() {
        let form = sent(&[
            ("name", " Ada "),
            ("email", "ada@example.org"),
            ("language", "zh"),
            ("attendance", "online"),
            ("party", "3"),
            ("invitation", " ahoy "),
            ("q-meal", "Vegan"),
            ("q-unknown", "x"),
            ("terms", "yes"),
        ]);
        let attendee = form.parse(&Asked::by(&everything())).unwrap();
        assert_eq!((attendee.name.as_str(), attendee.email.as_str()), ("Ada", "ada@example.org"));
        assert_eq!((attendee.language, attendee.attendance), (Language::Chinese, Attendance::Online));
        assert_eq!((attendee.party, attendee.invitation.as_deref()), (3, Some("ahoy")));
        assert_eq!(attendee.answers.0.len(), 1);
    }

    #[test]
    fn what_is_not_asked_is_not_needed() {
        let form = sent(&[("name", "Ada"), ("email", "ada@example.org"), ("party", "7"), ("website", " ")]);
        let attendee = form.parse(&Asked::by(&RegistrationPolicy::plain(Quotas::in_person(1)))).unwrap();
        assert_eq!((attendee.party, attendee.attendance), (1, Attendance::InPerson));
        assert_eq!(attendee.invitation, None);
        assert!(!form.is_filled_in_by_a_machine());
        assert!(sent(&[("website", "https://x")]).is_filled_in_by_a_machine());
    }
}
