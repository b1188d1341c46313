//! Who is asking, as far as limits need to know it: the network, never the person.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use hmac::{Hmac, Mac};
use http::HeaderMap;
use http::request::Parts;
use ipnet::IpNet;
use regatta_domain::email_address::EmailAddress;
use sha2::{Digest, Sha256};

use super::state::Portal;
use crate::config::SecretKey;

/// A keyed digest of the visitor's network: /24 of IPv4, /56 of IPv6. It tells two networks apart, and nobody without
/// the key can tell which they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitorNetwork(pub String);

impl FromRequestParts<Portal> for VisitorNetwork {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Self::Rejection> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |p| p.ip());
        let address = client_address(peer, &parts.headers, &portal.config.http.trusted_proxies);
        Ok(Self(digest(address, &portal.secret_key)))
    }
}

/// Whether a request came by way of a proxy that the operator trusts, so that it may say what others may not.
pub fn is_by_proxy<B>(request: &http::Request<B>, trusted: &[IpNet]) -> bool {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    peer.is_some_and(|peer| trusted.iter().any(|net| net.contains(&peer.ip().to_canonical())))
}

/// The visitor's address: the peer, unless the peer is a trusted proxy; then the last address in `X-Forwarded-For` that
/// is not one. What stands before it in that header anybody may have written, also something that is no address.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .collect();
    let mut nearest = peer.to_canonical();
    for hop in forwarded.into_iter().rev() {
        if !is_trusted(&nearest) {
            break;
        }
        let Some(before) = address(hop.trim()) else { break };
        nearest = before.to_canonical();
    }
    nearest
}

/// The address of a hop; some proxies write its port too.
fn address(hop: &str) -> Option<IpAddr> {
    let with_port = || hop.parse::<SocketAddr>().map(|hop| hop.ip());
    hop.parse().or_else(|_| with_port()).ok()
}

/// The first address of the network that an address is of: /24 of IPv4, /56 of IPv6.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            IpAddr::V4(Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) >> 72 << 72)),
    }
}

fn digest(address: IpAddr, key: &SecretKey) -> String {
    let mut hash = Sha256::new();
    hash.update(b"regatta visitor network v1");
    hash.update(key.bytes());
    hash.update(network(address).to_string());
    data_encoding::BASE64URL_NOPAD.encode(&hash.finalize()[..12])
}

/// A keyed digest of an address, by which its limits are counted, so that none stays in memory. Two ways of writing one
/// address are one.
pub fn address_digest(address: &EmailAddress, key: &SecretKey) -> String {
    let digest = keyed(key).chain_update(b"regatta addresses 1").chain_update(address.normalized());
    data_encoding::BASE64URL_NOPAD.encode(&digest.finalize().into_bytes()[..12])
}

/// HMAC-SHA256 (RFC 2104) with the portal's secret; a label keeps its uses apart. Keys up to its block of 64 bytes are
/// filled up with zeros (section 2).
pub fn keyed(key: &SecretKey) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key.bytes());
    <Hmac<Sha256> as hmac::digest::KeyInit>::new(&block.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(forwarded: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        headers
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_stranger_cannot_pretend_to_be_forwarded() {
        assert_eq!(client_address(ip("203.0.113.9"), &headers("198.51.100.1"), &[]), ip("203.0.113.9"));
    }

    #[test]
    fn behind_trusted_proxies_the_last_stranger_counts() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let seen = client_address(ip("10.0.0.1"), &headers("1.1.1.1, 198.51.100.7, 10.0.0.2"), &trusted);
        assert_eq!(seen, ip("198.51.100.7"));
        let all_trusted = client_address(ip("10.0.0.1"), &headers("10.0.0.3, 10.0.0.2"), &trusted);
        assert_eq!(all_trusted, ip("10.0.0.3"));
        for hop in ["198.51.100.7:50123", "198.51.100.7"] {
            assert_eq!(client_address(ip("10.0.0.1"), &headers(hop), &trusted), ip("198.51.100.7"));
        }
        let six = client_address(ip("10.0.0.1"), &headers("[2001:db8::7]:50123"), &trusted);
        assert_eq!(six, ip("2001:db8::7"));
        let mapped = client_address(ip("::ffff:10.0.0.1"), &headers("198.51.100.7"), &trusted);
        assert_eq!(mapped, ip("198.51.100.7"));
    }

    #[test]
    fn what_a_visitor_writes_before_the_proxy_changes_nothing() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        for spoofed in ["1.2.3.4, garbage, 198.51.100.7", "garbage, 198.51.100.7", ", 198.51.100.7"] {
            assert_eq!(
                client_address(ip("10.0.0.1"), &headers(spoofed), &trusted),
                ip("198.51.100.7"),
                "{spoofed}"
            );
        }
        assert_eq!(
            client_address(ip("10.0.0.1"), &headers("198.51.100.7, garbage"), &trusted),
            ip("10.0.0.1")
        );
    }

    #[test]
    fn an_address_is_counted_however_it_is_written() {
        let key: SecretKey =
            "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff".parse().unwrap();
        let of = |address: &str| address_digest(&address.parse().unwrap(), &key);
        assert_eq!(of("ada@example.org"), of("Ada@EXAMPLE.org"));
        assert_ne!(of("ada@example.org"), of("bob@example.org"));
        assert!(!of("ada@example.org").contains("ada"));
    }

    #[test]
    fn neighbours_share_a_digest_and_the_key_changes_it() {
        let key: SecretKey =
            "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff".parse().unwrap();
        let other: SecretKey =
            "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff".parse().unwrap();
        let of = |address: &str, key| digest(ip(address), key);
        assert_eq!(of("198.51.100.1", &key), of("198.51.100.200", &key));
        assert_eq!(of("198.51.100.1", &key), of("::ffff:198.51.100.9", &key));
        assert_ne!(of("198.51.100.1", &key), of("198.51.101.1", &key));
        assert_ne!(of("198.51.100.1", &key), of("198.51.100.1", &other));
        assert_eq!(of("2001:db8:0:1100::1", &key), of("2001:db8:0:11ff::1", &key));
        assert_ne!(of("2001:db8:0:1100::1", &key), of("2001:db8:0:1200::1", &key));
    }
}
