//! How clients find a cluster, and who they are there.

use data_encoding::BASE64;
use serde_json::json;

use crate::world::World;

/// A kubeconfig for the owner of a token.
pub struct Kubeconfig<'a> {
    /// Everything.
    pub world: &'a World,
    /// The token.
    pub token: &'a str,
}

impl Kubeconfig<'_> {
    /// The file's text; JSON is YAML, too.
    pub fn text(&self) -> String {
        let server = format!("https://{}", self.world.address);
        let authority = BASE64.encode(self.world.authority.as_bytes());
        let context = json!({"cluster": "trial", "user": "trial", "namespace": self.world.options.namespace});
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "trial", "cluster": {"server": server, "certificate-authority-data": authority}}],
            "users": [{"name": "trial", "user": {"token": self.token}}],
            "contexts": [{"name": "trial", "context": context}],
            "current-context": "trial",
        });
        format!("{config:#}\n")
    }
}
