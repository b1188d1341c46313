//! Who calls, and what they may do.

use http::{HeaderMap, header};

use super::request::Request;
use super::status::Refusal;

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum User {
    /// Who may do everything.
    Admin,
    /// The portal's service account: what its role allows.
    Portal,
    /// A pod's service account: nothing.
    Pod,
    /// Nobody in particular: nothing.
    Anonymous,
}

/// The tokens that the cluster knows.
#[derive(Debug)]
pub struct Tokens {
    /// Of [`User::Admin`].
    pub admin: String,
    /// Of [`User::Portal`].
    pub portal: String,
    /// Of [`User::Pod`].
    pub pod: String,
}

/// What the portal may do in its namespace, by resource.
const PORTAL_IN_NAMESPACE: [(&str, &[&str]); 5] = [
    ("pods", &["create", "get", "list", "watch", "delete"]),
    ("pods/log", &["get"]),
    ("events", &["list", "watch"]),
    ("resourcequotas", &["get"]),
    ("serviceaccounts", &["get"]),
];
/// What the portal may do in the whole cluster, by resource.
const PORTAL_EVERYWHERE: [(&str, &[&str]); 2] = [("runtimeclasses", &["get", "list"]), ("nodes", &["get"])];

impl Tokens {
    /// Whose token the request has.
    pub fn user(&self, headers: &HeaderMap) -> Result<User, Refusal> {
        let Some(value) = headers.get(header::AUTHORIZATION) else {
            return Ok(User::Anonymous);
        };
        let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer ")).map(str::trim);
        match token {
            Some(token) if token == self.admin => Ok(User::Admin),
            Some(token) if token == self.portal => Ok(User::Portal),
            Some(token) if token == self.pod => Ok(User::Pod),
            _ => Err(Refusal::unauthorized()),
        }
    }
}

impl User {
    /// The name by which messages speak of them. `namespace` is that of the playground.
    pub fn name(self, namespace: &str) -> String {
        match self {
            Self::Admin => "kubernetes-admin".to_owned(),
            Self::Portal => "system:serviceaccount:regatta:regatta".to_owned(),
            Self::Pod => format!("system:serviceaccount:{namespace}:default"),
            Self::Anonymous => "system:anonymous".to_owned(),
        }
    }

    /// Refuses what they may not. `namespace` is that of the playground.
    pub fn authorize(self, request: &Request, namespace: &str) -> Result<(), Refusal> {
        let resource = request.resource();
        let may = |rules: &[(&str, &[&str])]| {
            rules.iter().any(|(name, verbs)| *name == resource && verbs.contains(&request.verb))
        };
        let allowed = match self {
            Self::Admin => true,
            Self::Portal => {
                may(&PORTAL_EVERYWHERE) || (request.namespace == namespace && may(&PORTAL_IN_NAMESPACE))
            }
            Self::Pod | Self::Anonymous => false,
        };
        if allowed { Ok(()) } else { Err(self.refusal(request, &resource, namespace)) }
    }

    fn refusal(self, request: &Request, resource: &str, namespace: &str) -> Refusal {
        let scope = match request.scope() {
            Some(namespace) => format!("in the namespace \"{namespace}\""),
            None => "at the cluster scope".to_owned(),
        };
        let (user, verb, group) = (self.name(namespace), request.verb, request.kind.group);
        let why =
            format!("User \"{user}\" cannot {verb} resource \"{resource}\" in API group \"{group}\" {scope}");
        Refusal::forbidden(request.kind, &request.name, &why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(user: User, method: &str, path: &str) -> Result<(), String> {
        let request = Request::read(&method.parse().unwrap(), &path.parse().unwrap()).unwrap();
        let told = |refusal: Refusal| refusal.object()["message"].as_str().unwrap().to_owned();
        user.authorize(&request, "pg").map_err(told)
    }

    #[test]
    fn the_portal_may_do_what_its_role_says() {
        for (method, path) in [
            ("POST", "/api/v1/namespaces/pg/pods"),
            ("GET", "/api/v1/namespaces/pg/pods?watch=1"),
            ("GET", "/api/v1/namespaces/pg/pods/a/log"),
            ("GET", "/api/v1/namespaces/pg/resourcequotas/q"),
            ("GET", "/apis/node.k8s.io/v1/runtimeclasses"),
            ("GET", "/api/v1/nodes/n"),
        ] {
            assert_eq!(ask(User::Portal, method, path), Ok(()), "{path}");
        }
    }

    #[test]
    fn everything_else_is_refused_in_the_servers_words() {
        assert_eq!(
            ask(User::Portal, "GET", "/api/v1/pods").unwrap_err(),
            "pods is forbidden: User \"system:serviceaccount:regatta:regatta\" cannot list resource \"pods\" in API \
             group \"\" at the cluster scope"
        );
        assert_eq!(
            ask(User::Portal, "GET", "/api/v1/namespaces/pg/pods/a/exec").unwrap_err(),
            "pods \"a\" is forbidden: User \"system:serviceaccount:regatta:regatta\" cannot get resource \"pods/exec\" \
             in API group \"\" in the namespace \"pg\""
        );
        assert!(ask(User::Portal, "DELETE", "/api/v1/namespaces/pg/pods").is_err());
        assert!(ask(User::Anonymous, "GET", "/api/v1/namespaces/pg/pods").is_err());
        assert_eq!(ask(User::Admin, "GET", "/api/v1/pods"), Ok(()));
    }
}
