//! The kinds of objects that the cluster knows.

/// A kind of objects.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The group of its interface; empty for the first one.
    pub group: &'static str,
    /// Its name in an object.
    pub name: &'static str,
    /// Its name in a path.
    pub plural: &'static str,
    /// Its short names, for those who type.
    pub short: &'static [&'static str],
    /// Whether its objects lie in namespaces.
    pub namespaced: bool,
    /// What may be done with it, by discovery.
    pub verbs: &'static [&'static str],
}

const READ: &[&str] = &["get", "list", "watch"];
const ALL: &[&str] = &["create", "delete", "get", "list", "watch"];

const fn core(
    name: &'static str,
    plural: &'static str,
    short: &'static [&'static str],
    namespaced: bool,
    verbs: &'static [&'static str],
) -> Kind {
    Kind { group: "", name, plural, short, namespaced, verbs }
}

/// All of them; every one has the version `v1`.
pub static KINDS: [Kind; 7] = [
    core("Event", "events", &["ev"], true, READ),
    core("Namespace", "namespaces", &["ns"], false, ALL),
    core("Node", "nodes", &["no"], false, READ),
    core("Pod", "pods", &["po"], true, ALL),
    core("ResourceQuota", "resourcequotas", &["quota"], true, ALL),
    core("ServiceAccount", "serviceaccounts", &["sa"], true, ALL),
    Kind { group: "node.k8s.io", ..core("RuntimeClass", "runtimeclasses", &[], false, ALL) },
];

impl Kind {
    /// What objects of this kind say in `apiVersion`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", self.group) }
    }

    /// The name by which messages speak of it: `pods`, `runtimeclasses.node.k8s.io`.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }
}

/// The kind with this name in paths of `group`.
pub fn find(group: &str, plural: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.group == group && kind.plural == plural)
}
