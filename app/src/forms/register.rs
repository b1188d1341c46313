//! The form by which one registers for a meetup.

use regatta_domain::email_address::{EmailAddress, EmailAddressError};
use regatta_domain::person_name::{PersonName, PersonNameError};
use serde::Deserialize;

/// The form as it was sent; an absent field is an empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RegisterForm {
    /// How to greet the person.
    pub name: String,
    /// Where to write to.
    pub email: String,
}

/// Who wants to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendee {
    /// How to greet them.
    pub name: PersonName,
    /// Where to write to.
    pub email: EmailAddress,
}

/// What is wrong with a [`RegisterForm`], all of it at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegisterErrors {
    /// With the name.
    pub name: Option<PersonNameError>,
    /// With the address.
    pub email: Option<EmailAddressError>,
    /// With the whole: why nothing was stored though every field is right, in words for the visitor.
    pub refusal: Option<String>,
}

impl RegisterForm {
    /// Who wants to come, or everything that is wrong.
    pub fn parse(&self) -> Result<Attendee, RegisterErrors> {
        match (self.name.parse(), self.email.parse()) {
            (Ok(name), Ok(email)) => Ok(Attendee { name, email }),
            (name, email) => {
                Err(RegisterErrors { name: name.err(), email: email.err(), ..RegisterErrors::default() })
            }
        }
    }
}

impl RegisterErrors {
    /// Nothing is wrong with the fields, but the whole is refused for this reason.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self { refusal: Some(reason.into()), ..Self::default() }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_all_errors_at_once() {
        let errors = RegisterForm { name: " ".into(), email: "ada".into() }.parse().unwrap_err();
        assert_eq!(errors.name, Some(PersonNameError::Empty));
        assert_eq!(errors.email, Some(EmailAddressError::Form));
    }

    #[test]
    fn reads_who_wants_to_come() {
        let attendee =
            RegisterForm { name: " Ada ".into(), email: "ada@example.org".into() }.parse().unwrap();
        assert_eq!(attendee.name.as_str(), "Ada");
        assert_eq!(attendee.email.as_str(), "ada@example.org");
    }
}
