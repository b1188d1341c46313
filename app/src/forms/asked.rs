//! What a form asks of those who register: for one event, or for several dates at once.

use regatta_domain::event::{Event, Link, Place, RegistrationPolicy};
use regatta_domain::questions::{AnswerError, Answers, Question, Questions};
use regatta_domain::seats::Attendance;
use regatta_domain::slug::Slug;

use super::pairs::Given;

/// What a registration form asks beside name and address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The kinds of seats there are; asked where there is a choice.
    pub attendances: Vec<Attendance>,
    /// The most seats one may take; asked where it is more than one.
    pub party_size: u32,
    /// Whether an invitation code is needed.
    pub invitation: bool,
    /// The questions.
    pub questions: Questions,
    /// What one agrees to.
    pub terms: Vec<Link>,
}

/// Why an answer of the form is none. The words are for the person who filled it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// No kind of seats was chosen, or one that there is not.
    #[error("Please choose how you want to take part.")]
    Attendance,
    /// Not a number of seats that one may take.
    #[error("Please choose for how many people you register.")]
    Party,
    /// There is no code, and one is needed.
    #[error("Enter the code from your invitation.")]
    NoInvitation,
    /// The code is none of those that were given out.
    #[error("This code is not known. Type it exactly as it stands in your invitation.")]
    UnknownInvitation,
    /// The terms were not agreed to.
    #[error("Please tick this to register.")]
    Terms,
}

impl Asked {
    /// What registering for `event` asks; `None` where one does not register for it here.
    pub fn of(event: &Event) -> Option<Self> {
        let policy = event.registration.as_ref()?;
        Some(Self { attendances: kinds_for_newcomers(event.place.as_ref(), policy), ..Self::by(policy) })
    }

    /// What registering by these rules asks.
    pub fn by(policy: &RegistrationPolicy) -> Self {
        Self {
            attendances: policy.quotas.offered().collect(),
            party_size: policy.party_size,
            invitation: !policy.invitations.is_empty(),
            questions: policy.questions.clone(),
            terms: policy.terms.iter().cloned().collect(),
        }
    }

    /// What registering for several dates at once asks: everything that any of them does, each thing once. `None` where
    /// two of them ask differently under one name, so that one form cannot ask for both, or where there is no date.
    pub fn by_all<'p>(policies: impl IntoIterator<Item = &'p RegistrationPolicy>) -> Option<Self> {
        let mut policies = policies.into_iter();
        let mut all = Self::by(policies.next()?);
        let mut questions: Vec<Question> = all.questions.iter().cloned().collect();
        for policy in policies {
            let Self { attendances, party_size, invitation, terms, .. } = Self::by(policy);
            all.attendances.extend(attendances);
            all.party_size = all.party_size.min(party_size);
            all.invitation |= invitation;
            all.terms.extend(terms.into_iter().filter(|link| !all.terms.contains(link)).collect::<Vec<_>>());
            for question in &policy.questions {
                match questions.iter().find(|other| other.id == question.id) {
                    Some(other) if other == question => {}
                    Some(_) => return None,
                    None => questions.push(question.clone()),
                }
            }
        }
        all.attendances.sort_unstable();
        all.attendances.dedup();
        all.questions = Questions::new(questions).ok()?;
        Some(all)
    }

    /// The kind of seats that was chosen, or the only one there is.
    pub(super) fn attendance(&self, chosen: Option<Attendance>) -> Result<Attendance, ChoiceError> {
        match (self.attendances.as_slice(), chosen) {
            ([only], _) => Ok(*only),
            (offered, Some(chosen)) if offered.contains(&chosen) => Ok(chosen),
            _ => Err(ChoiceError::Attendance),
        }
    }

    /// The number of seats that was chosen; one where there is no choice, or where nothing is said.
    pub(super) fn party(&self, chosen: &str) -> Result<u32, ChoiceError> {
        if self.party_size <= 1 || chosen.trim().is_empty() {
            return Ok(1);
        }
        let party = chosen.trim().parse().map_err(|_| ChoiceError::Party)?;
        if (1..=self.party_size).contains(&party) { Ok(party) } else { Err(ChoiceError::Party) }
    }

    /// The answers that were given.
    pub(super) fn answers(&self, given: &Given) -> Result<Answers, Vec<(Slug, AnswerError)>> {
        self.questions.read(|question| given.to(question).to_vec())
    }
}

/// The kinds of seats that newcomers can have. The seats on a site that a meetup has left stay with those who have one.
pub fn kinds_for_newcomers(place: Option<&Place>, policy: &RegistrationPolicy) -> Vec<Attendance> {
    let offered: Vec<_> = policy.quotas.offered().collect();
    let left_its_site = place == Some(&Place::Online) && offered.contains(&Attendance::Online);
    if left_its_site { vec![Attendance::Online] } else { offered }
}

#[cfg(test)]
mod tests {
    use regatta_domain::questions::QuestionKind;
    use regatta_domain::seats::Quotas;

    use super::*;

    fn policy(quotas: Quotas, party_size: u32, questions: &[(&str, bool)]) -> RegistrationPolicy {
        let question = |(id, required): &(&str, bool)| Question {
            id: id.parse().unwrap(),
            label: (*id).to_owned(),
            hint: None,
            kind: QuestionKind::Consent,
            required: *required,
            condition: None,
        };
        let questions = Questions::new(questions.iter().map(question).collect()).unwrap();
        RegistrationPolicy { party_size, questions, ..RegistrationPolicy::plain(quotas) }
    }

    #[test]
    fn a_meetup_that_moved_online_offers_no_seat_on_its_site() {
        let both = RegistrationPolicy::plain(Quotas { in_person: Some(3), online: Some(9) });
        let hall = Place::Located("Hamburg".to_owned());
        assert_eq!(kinds_for_newcomers(Some(&hall), &both), Attendance::ALL);
        assert_eq!(kinds_for_newcomers(None, &both), Attendance::ALL);
        assert_eq!(kinds_for_newcomers(Some(&Place::Online), &both), [Attendance::Online]);
        let on_site = RegistrationPolicy::plain(Quotas::in_person(3));
        assert_eq!(kinds_for_newcomers(Some(&Place::Online), &on_site), [Attendance::InPerson]);
    }

    #[test]
    fn several_dates_ask_for_everything_once() {
        let online = Quotas { in_person: None, online: Some(9) };
        let one = policy(Quotas::in_person(3), 4, &[("a", true), ("b", false)]);
        let other = policy(online, 2, &[("b", false), ("c", false)]);
        let asked = Asked::by_all([&one, &other]).unwrap();
        assert_eq!((asked.attendances.as_slice(), asked.party_size), (&Attendance::ALL[..], 2));
        let ids: Vec<_> = asked.questions.iter().map(|question| question.id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "c"]);
    }

    #[test]
    fn dates_that_ask_differently_under_one_name_have_no_common_form() {
        let one = policy(Quotas::in_person(3), 1, &[("a", true)]);
        let other = policy(Quotas::in_person(3), 1, &[("a", false)]);
        assert_eq!(Asked::by_all([&one, &other]), None);
        assert_eq!(Asked::by_all([]), None);
    }
}
