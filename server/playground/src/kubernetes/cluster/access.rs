//! How the API server is reached.

use std::sync::Arc;
use std::time::Duration;

use http::header::USER_AGENT;
use http::{HeaderValue, Uri};
use kube::Client;
use kube::client::ClientBuilder;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};

use super::ClusterError;
use super::counting::Counting;
use crate::kubernetes::settings::Access;
use crate::observer::Observer;

/// How long a connection may take to stand. What it then carries has times of its own: streams last for minutes.
const CONNECT: Duration = Duration::from_secs(5);
/// What the API server's audit log calls us.
const PRODUCT: &str = concat!("regatta/", env!("CARGO_PKG_VERSION"));

/// A client for the cluster, whose calls `observer` hears of, and where that is.
pub async fn client(access: &Access, observer: Arc<dyn Observer>) -> Result<(Client, Uri), ClusterError> {
    let mut config = configuration(access).await?;
    config.connect_timeout = Some(CONNECT);
    // The library would ask up to fifteen times again, for minutes, behind the back of everybody's own timers.
    config.default_retry = false;
    config.headers.push((USER_AGENT, HeaderValue::from_static(PRODUCT)));
    let address = config.cluster_url.clone();
    let unread = |error: kube::Error| ClusterError::Access(error.to_string());
    let client = ClientBuilder::try_from(config).map_err(unread)?.with_layer(&Counting(observer)).build();
    Ok((client, address))
}

async fn configuration(access: &Access) -> Result<Config, ClusterError> {
    match access {
        Access::Auto => match Config::incluster() {
            Ok(config) => Ok(config),
            Err(inside) => {
                let usual = Config::from_kubeconfig(&KubeConfigOptions::default()).await;
                usual.map_err(|outside| ClusterError::Access(format!("{inside}; {outside}")))
            }
        },
        Access::Kubeconfig { path, context } => {
            let failed = |error| ClusterError::Access(format!("{}: {error}", path.display()));
            let file = Kubeconfig::read_from(path).map_err(failed)?;
            let options = KubeConfigOptions { context: context.clone(), ..KubeConfigOptions::default() };
            Config::from_custom_kubeconfig(file, &options).await.map_err(failed)
        }
    }
}
