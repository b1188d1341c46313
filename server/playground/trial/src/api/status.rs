//! Refusals, as the API server words them.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::kind::Kind;

/// Why a request is refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    code: u16,
    reason: &'static str,
    message: String,
    details: Value,
    retry_after: Option<u32>,
}

impl Refusal {
    fn new(code: u16, reason: &'static str, message: String) -> Self {
        Self { code, reason, message, details: Value::Null, retry_after: None }
    }

    fn about(mut self, kind: &Kind, name: &str) -> Self {
        let mut details = json!({"kind": kind.plural});
        if !name.is_empty() {
            details["name"] = json!(name);
        }
        if !kind.group.is_empty() {
            details["group"] = json!(kind.group);
        }
        self.details = details;
        self
    }

    /// No such object.
    pub fn not_found(kind: &Kind, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} \"{name}\" not found", kind.qualified())).about(kind, name)
    }

    /// Nothing at this path.
    pub fn no_such_path() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource".to_owned())
    }

    /// There is one with this name.
    pub fn exists(kind: &Kind, name: &str) -> Self {
        Self::new(409, "AlreadyExists", format!("{} \"{name}\" already exists", kind.qualified()))
            .about(kind, name)
    }

    /// Somebody changed it in between, or it is another than was meant.
    pub fn conflict(what: &str, name: &str, why: &str) -> Self {
        Self::new(409, "Conflict", format!("Operation cannot be fulfilled on {what} \"{name}\": {why}"))
    }

    /// Admission, or what the caller may do, refuses it.
    pub fn forbidden(kind: &Kind, name: &str, why: &str) -> Self {
        let whom = kind.qualified();
        let message = if name.is_empty() {
            format!("{whom} is forbidden: {why}")
        } else {
            format!("{whom} \"{name}\" is forbidden: {why}")
        };
        Self::new(403, "Forbidden", message).about(kind, name)
    }

    /// A path that is no object's, for one who may not.
    pub fn forbidden_path(user: &str, verb: &str, path: &str) -> Self {
        let message = format!("forbidden: User \"{user}\" cannot {verb} path \"{path}\"");
        Self::new(403, "Forbidden", message)
    }

    /// The token is none of the cluster's.
    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized".to_owned())
    }

    /// The object is not as it has to be; `causes` says where and why.
    pub fn invalid(kind: &Kind, name: &str, causes: &[String]) -> Self {
        let all = match causes {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        Self::new(422, "Invalid", format!("{} \"{name}\" is invalid: {all}", kind.name)).about(kind, name)
    }

    /// The request cannot be understood.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message.into())
    }

    /// What is asked of this kind of objects is not offered.
    pub fn not_allowed() -> Self {
        Self::new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource".to_owned(),
        )
    }

    /// The wanted version is no longer known.
    pub fn expired(wanted: u64, oldest: u64) -> Self {
        Self::new(410, "Expired", format!("too old resource version: {wanted} ({oldest})"))
    }

    /// The wanted version is none yet.
    pub fn too_new(wanted: u64, current: u64) -> Self {
        let message = format!("Timeout: Too large resource version: {wanted}, current: {current}");
        let mut refusal = Self::new(504, "Timeout", message);
        refusal.details = json!({"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}], "retryAfterSeconds": 1});
        refusal
    }

    /// The body is larger than the API server reads.
    pub fn too_large(limit: usize) -> Self {
        Self::new(413, "RequestEntityTooLarge", format!("Request entity too large: limit is {limit}"))
    }

    /// The database has no room for an object of this size.
    pub fn etcd_too_large() -> Self {
        Self::new(500, "", "etcdserver: request is too large".to_owned())
    }

    /// What a server in trouble says with this code.
    pub fn trouble(code: u16, retry_after: Option<u32>) -> Self {
        let (reason, message) = match code {
            409 => (
                "Conflict",
                "Operation cannot be fulfilled on resourcequotas \"playground\": the object has been modified; please apply your changes to the latest version and try again",
            ),
            429 => ("TooManyRequests", "Too many requests, please try again later."),
            503 => ("ServiceUnavailable", "apiserver is shutting down"),
            504 => ("Timeout", "Timeout: request did not complete within the allotted timeout"),
            _ => ("InternalError", "Internal error occurred: etcdserver: leader changed"),
        };
        Self { retry_after, ..Self::new(code, reason, message.to_owned()) }
    }

    /// As an object.
    pub fn object(&self) -> Value {
        let mut object = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        });
        if !self.details.is_null() {
            object["details"] = self.details.clone();
        }
        object
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let code = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // Who sends too many requests is turned away before anything knows of objects.
        let mut response = if self.code == 429 {
            (code, format!("{}\n", self.message)).into_response()
        } else {
            (code, Json(self.object())).into_response()
        };
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
