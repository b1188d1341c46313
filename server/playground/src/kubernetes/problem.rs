//! What an answer of the API server means to those who asked.

use std::time::Duration;

use kube::core::Status;

/// How the API server says that a quota leaves no room (its admission plugin `ResourceQuota`).
const OVER_QUOTA: &str = "exceeded quota";
/// How it says that somebody may not do something at all (its authorizer), in every such answer.
const NO_RIGHT: &str = " cannot ";
/// With [`NO_RIGHT`]: what tells the authorizer's words from a policy's.
const ON_RESOURCE: &str = " resource ";

/// Why the API server did not do what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is no room in the quota now.
    #[error("there is no room in the quota: {0}")]
    OverQuota(String),
    /// Something of that name is there already.
    #[error("it is there already")]
    Exists,
    /// It, or what it is in, is not there.
    #[error("it is not there: {0}")]
    Missing(String),
    /// Who asked has no right to.
    #[error("the API server refuses: {0}")]
    Forbidden(String),
    /// Its rules refuse what was to be made: Pod Security, a policy, a limit range, a runtime class that is not there.
    #[error("the cluster refuses it: {0}")]
    Refused(String),
    /// The credentials are not valid, or no longer.
    #[error("the API server does not know who asks: {0}")]
    Unauthorized(String),
    /// It is not in the state that was named; or others were counted in the same quota at the same moment.
    #[error("it has changed meanwhile: {0}")]
    Conflict(String),
    /// The place in its history from which to go on is forgotten.
    #[error("the API server no longer knows what was before")]
    Expired,
    /// The API server has too much to do.
    #[error("the API server is busy")]
    Busy {
        /// When to ask again, where it says so.
        after: Option<Duration>,
    },
    /// It cannot be reached, does not answer, or answers nonsense.
    #[error("the API server does not answer: {0}")]
    Away(String),
}

impl Problem {
    /// What `error` means.
    pub fn of(error: &kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::told_by(status),
            error => Self::Away(in_words(error)),
        }
    }

    fn told_by(status: &Status) -> Self {
        let message = status.message.clone();
        match status.code {
            401 => Self::Unauthorized(message),
            403 if message.contains(OVER_QUOTA) => Self::OverQuota(message),
            403 if message.contains(NO_RIGHT) && message.contains(ON_RESOURCE) => Self::Forbidden(message),
            404 => Self::Missing(message),
            409 if status.is_already_exists() => Self::Exists,
            409 => Self::Conflict(message),
            410 => Self::Expired,
            429 | 503 | 504 => Self::Busy { after: after(status) },
            400..=499 => Self::Refused(message),
            code => Self::Away(format!("{message} ({code})")),
        }
    }

    /// Whether the same question may well be answered later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Away(_))
    }
}

/// When the API server wants to be asked again.
fn after(status: &Status) -> Option<Duration> {
    let seconds = status.details.as_ref()?.retry_after_seconds;
    (seconds > 0).then(|| Duration::from_secs(seconds.into()))
}

/// An error with what caused it: the outermost alone says no more than "service error".
fn in_words(error: &kube::Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(code: u16, reason: &str, message: &str) -> Problem {
        let status = Status { code, ..Status::failure(message, reason) };
        Problem::of(&kube::Error::Api(status.boxed()))
    }

    #[test]
    fn refusals_are_told_apart() {
        let quota = r#"pods "p" is forbidden: exceeded quota: q, requested: limits.memory=2112Mi, used: 0, limited: 1Gi"#;
        assert_eq!(problem(403, "Forbidden", quota), Problem::OverQuota(quota.to_owned()));
        let rights = r#"pods is forbidden: User "system:serviceaccount:regatta:regatta" cannot create resource "pods" in API group "" in the namespace "playground""#;
        assert_eq!(problem(403, "Forbidden", rights), Problem::Forbidden(rights.to_owned()));
        for rules in [
            r#"pods "p" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false"#,
            r#"pods "p" is forbidden: pod rejected: RuntimeClass "nope" not found"#,
            r#"pods "p" is forbidden: failed quota: q: must specify limits.cpu for: job"#,
        ] {
            assert_eq!(problem(403, "Forbidden", rules), Problem::Refused(rules.to_owned()));
        }
    }

    #[test]
    fn what_passes_is_told_from_what_stays() {
        for (code, reason) in
            [(429, "TooManyRequests"), (503, "ServiceUnavailable"), (504, "Timeout"), (500, "InternalError")]
        {
            assert!(problem(code, reason, "").is_passing(), "{code}");
        }
        for (code, reason) in [
            (401, "Unauthorized"),
            (403, "Forbidden"),
            (404, "NotFound"),
            (409, "AlreadyExists"),
            (422, "Invalid"),
        ] {
            assert!(!problem(code, reason, "").is_passing(), "{code}");
        }
        assert_eq!(problem(409, "AlreadyExists", "pods \"p\" already exists"), Problem::Exists);
        assert!(matches!(problem(409, "Conflict", "the UID in the precondition"), Problem::Conflict(_)));
        assert_eq!(problem(410, "Expired", "too old resource version"), Problem::Expired);
    }
}
