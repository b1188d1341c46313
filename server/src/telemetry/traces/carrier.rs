//! Carries traces to the collector over HTTP, on the runtime and the TLS that the program has anyway.

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{HttpClient, HttpError};
use tokio::runtime::Handle;

/// How long the collector may take over one request.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// The longest answer that is read; a collector says little (OTLP 1.0, "Full Success").
const LONGEST_ANSWER: usize = 64 << 10;

/// An HTTP client for whoever is on no runtime: the thread that sends traces.
#[derive(Clone, Debug)]
pub struct Carrier {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    runtime: Handle,
}

impl Carrier {
    /// Works on this runtime. Certificates are checked against the machine's roots; an error where there are none.
    pub fn new(runtime: Handle) -> io::Result<Self> {
        let connector =
            HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, runtime })
    }

    async fn send(self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.client.request(request.map(Full::new)).await?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await?.to_bytes();
        Ok(Response::from_parts(head, body))
    }
}

#[async_trait]
impl HttpClient for Carrier {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let carrier = self.clone();
        self.runtime
            .spawn(async move { tokio::time::timeout(PATIENCE, carrier.send(request)).await? })
            .await?
    }
}
