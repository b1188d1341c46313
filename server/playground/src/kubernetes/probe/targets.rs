//! Whom a pod must not reach: those that would be worth reaching, and that are known to be there.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use http::Uri;
use k8s_openapi::api::core::v1::{Pod, PodStatus};
use tokio::net::lookup_host;

/// The kubelet's port on every node (Kubernetes' documents, "Ports and Protocols").
const KUBELET: u16 = 10_250;
const DNS: u16 = 53;
/// Those of whom the portal itself has heard.
const API_SERVER: &str = "the API server";
const NEIGHBOUR: &str = "another pod";
/// Where clouds tell machines about themselves, with credentials.
const CLOUD: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)), 80);
/// The last part of the address that installers give to the cluster's name service, next to the API server's own.
const USUAL_DNS: u8 = 10;
/// More name servers than that no resolver asks.
const MAX_NAME_SERVERS: usize = 3;

/// Somebody to be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    who: &'static str,
    at: SocketAddr,
    how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Connect,
    Dns,
}

/// Everybody whom a pod is to try.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets(Vec<Target>);

/// What this process knows of the cluster it runs in, where it runs in one.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    service: Option<SocketAddr>,
    name_servers: Vec<IpAddr>,
}

impl Surroundings {
    /// As the kubelet tells them to every container.
    pub fn own() -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        let host = variable("KUBERNETES_SERVICE_HOST").and_then(|host| host.parse::<IpAddr>().ok());
        let port = variable("KUBERNETES_SERVICE_PORT").and_then(|port| port.parse().ok());
        let Some(service) = host.zip(port).map(SocketAddr::from) else { return Self::default() };
        let resolver = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
        Self { service: Some(service), name_servers: name_servers(&resolver) }
    }
}

fn name_servers(resolver: &str) -> Vec<IpAddr> {
    let named = resolver.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    named.filter_map(|address| address.trim().parse().ok()).take(MAX_NAME_SERVERS).collect()
}

impl Targets {
    /// Those that are worth reaching: the API server at `address`, `neighbour` at `port`, its node, name servers.
    pub async fn find(address: &Uri, around: &Surroundings, neighbour: Option<(&Pod, u16)>) -> Self {
        let mut targets = Self::default();
        for at in resolved(address).await {
            targets.add(API_SERVER, at, How::Connect);
        }
        if let Some(service) = around.service {
            targets.add("the API server's service", service, How::Connect);
            if let IpAddr::V4(host) = service.ip() {
                let [a, b, c, _] = host.octets();
                let usual = Ipv4Addr::new(a, b, c, USUAL_DNS);
                targets.add("the cluster's name service", (usual, DNS).into(), How::Dns);
            }
        }
        for name_server in &around.name_servers {
            targets.add("the cluster's name service", (*name_server, DNS).into(), How::Dns);
        }
        if let Some((pod, port)) = neighbour {
            targets.add_neighbour(pod.status.as_ref(), port);
        }
        targets.add("the cloud's metadata", CLOUD, How::Connect);
        targets
    }

    fn add_neighbour(&mut self, status: Option<&PodStatus>, port: u16) {
        let Some(status) = status else { return };
        if let Some(at) = status.pod_ip.as_ref().and_then(|ip| ip.parse::<IpAddr>().ok()) {
            self.add(NEIGHBOUR, (at, port).into(), How::Connect);
        }
        if let Some(node) = status.host_ip.as_ref().and_then(|ip| ip.parse::<IpAddr>().ok()) {
            self.add("the node's kubelet", (node, KUBELET).into(), How::Connect);
            self.add("the node's name service", (node, DNS).into(), How::Dns);
        }
    }

    /// Whoever is at a pod's own loopback address is nobody else.
    fn add(&mut self, who: &'static str, at: SocketAddr, how: How) {
        let target = Target { who, at, how };
        if !at.ip().is_loopback() && !self.0.iter().any(|known| (known.at, known.how) == (at, how)) {
            self.0.push(target);
        }
    }

    /// Whether one of them is known to be there: only then it shows something that nobody was reached.
    pub fn is_anybody_there(&self) -> bool {
        self.0.iter().any(|target| [API_SERVER, NEIGHBOUR].contains(&target.who))
    }

    /// What tells the runner's program to try them.
    pub fn arguments(&self) -> Vec<String> {
        let option = |target: &Target| match target.how {
            How::Connect => "--connect",
            How::Dns => "--dns",
        };
        self.0.iter().flat_map(|target| [option(target).to_owned(), target.at.to_string()]).collect()
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Who was tried, in words.
    pub fn tried(&self) -> String {
        let mut names: Vec<&str> = self.0.iter().map(|target| target.who).collect();
        names.dedup();
        format!("{} were tried", names.join(", "))
    }

    /// Who is meant by an attempt's name, `connect 10.96.0.1:443`.
    pub fn who(&self, attempt: &str) -> String {
        let (_, at) = attempt.split_once(' ').unwrap_or_default();
        let target = self.0.iter().find(|target| target.at.to_string() == at);
        target.map_or_else(|| attempt.to_owned(), |target| format!("{} ({at})", target.who))
    }
}

/// The addresses of the host that `address` names. One that is not known is left out: then nobody is there.
async fn resolved(address: &Uri) -> Vec<SocketAddr> {
    let Some(host) = address.host() else { return Vec::new() };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let usual = if address.scheme_str() == Some("http") { 80 } else { 443 };
    let found = lookup_host((host, address.port_u16().unwrap_or(usual))).await;
    found.map(Iterator::collect).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neighbour() -> Pod {
        let status = PodStatus {
            pod_ip: Some("10.244.1.7".to_owned()),
            host_ip: Some("192.0.2.4".to_owned()),
            ..PodStatus::default()
        };
        Pod { status: Some(status), ..Pod::default() }
    }

    #[tokio::test]
    async fn everybody_worth_reaching_is_tried() {
        let around = Surroundings {
            service: Some("10.96.0.1:443".parse().unwrap()),
            name_servers: name_servers("search x\nnameserver 10.96.0.10\nnameserver fd00::a\n"),
        };
        let address = "https://192.0.2.1:6443".parse().unwrap();
        let pod = neighbour();
        let targets = Targets::find(&address, &around, Some((&pod, 9000))).await;
        let told = targets.arguments().join(" ");
        assert_eq!(
            told,
            "--connect 192.0.2.1:6443 --connect 10.96.0.1:443 --dns 10.96.0.10:53 --dns [fd00::a]:53 \
             --connect 10.244.1.7:9000 --connect 192.0.2.4:10250 --dns 192.0.2.4:53 --connect 169.254.169.254:80"
        );
        assert_eq!(targets.who("connect 10.244.1.7:9000"), "another pod (10.244.1.7:9000)");
        assert_eq!(targets.who("dns [fd00::a]:53"), "the cluster's name service ([fd00::a]:53)");
    }

    #[tokio::test]
    async fn a_loopback_address_is_nobodys() {
        let address = "https://127.0.0.1:6443".parse().unwrap();
        let targets = Targets::find(&address, &Surroundings::default(), None).await;
        assert_eq!(targets.arguments(), ["--connect", "169.254.169.254:80"]);
        assert!(!targets.is_anybody_there());
        let pod = neighbour();
        assert!(Targets::find(&address, &Surroundings::default(), Some((&pod, 1))).await.is_anybody_there());
    }
}
