//! The wire to a server: a TCP stream, with TLS around it where that begins with the first byte.
//!
//! Streams are opened here, not by lettre, because it writes a text and its end in two steps. A stream that gathers small
//! writes (RFC 896, the default) would keep the end back until the server has acknowledged the text, which servers put off
//! for some 40 ms in the hope of something to say (RFC 1122 section 4.2.3.2): each mail would wait for nothing.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::error::TlsError;
use super::smtp::Roots;

/// How long one address of a server may take to answer: where a name has several, one that is cut off (often the one of
/// IPv6) must leave time for the others.
const ADDRESS_PATIENCE: Duration = Duration::from_secs(15);

/// What is spoken over.
pub(super) type Wire = Box<dyn AsyncTokioStream>;

/// TLS from the first byte (RFC 8314 section 3.3).
pub(super) struct ImplicitTls {
    connector: TlsConnector,
    server: ServerName<'static>,
}

impl ImplicitTls {
    pub(super) fn new(host: &str, roots: Roots) -> Result<Self, TlsError> {
        let mut trusted = RootCertStore::empty();
        match roots {
            Roots::Public => trusted.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Roots::Only(root) => trusted.add(CertificateDer::from(root))?,
        }
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        let server = ServerName::try_from(host.to_owned())?;
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), server })
    }

    /// Puts TLS around a stream.
    pub(super) async fn protect(&self, stream: TcpStream) -> io::Result<Wire> {
        let protected = self.connector.connect(self.server.clone(), stream).await?;
        Ok(Box::new(Protected(protected)))
    }
}

/// A stream to the first of the host's addresses that answers; what is written to it leaves at once.
pub(super) async fn reach(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut trouble = io::Error::new(io::ErrorKind::NotFound, "this name has no address");
    for address in lookup_host((host, port)).await? {
        match tokio::time::timeout(ADDRESS_PATIENCE, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Ok(Err(error)) => trouble = error,
            Err(_) => {
                let words = format!("no answer for {ADDRESS_PATIENCE:?}");
                trouble = io::Error::new(io::ErrorKind::TimedOut, words);
            }
        }
    }
    Err(trouble)
}

/// A stream inside TLS, as lettre takes it.
#[derive(Debug)]
struct Protected(TlsStream<TcpStream>);

impl AsyncTokioStream for Protected {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Protected {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Protected {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn what_is_written_leaves_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = reach("127.0.0.1", listener.local_addr().unwrap().port()).await.unwrap();
        assert!(stream.nodelay().unwrap());
    }

    #[tokio::test]
    async fn a_name_that_leads_nowhere_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        assert_eq!(reach("127.0.0.1", port).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert!(reach("nowhere.invalid", port).await.is_err());
    }
}
