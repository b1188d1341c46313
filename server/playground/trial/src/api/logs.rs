//! What containers printed.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::stream;
use http::{StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use tokio::sync::watch;

use super::request::Request;
use super::status::Refusal;
use crate::clock;
use crate::fault::{LogEnd, LogFault};
use crate::node::log::{ContainerLog, Place, Reading, Record};
use crate::world::World;

/// How often a log is looked at whose lines are readable later than they are printed.
const LATE_PERIOD: Duration = Duration::from_millis(20);

/// The log that is asked for.
pub fn log(world: &Arc<World>, request: &Request) -> Result<Response, Refusal> {
    let pod =
        world.store.pod(&request.key()).ok_or_else(|| Refusal::not_found(request.kind, &request.name))?;
    let container = container(&pod, request)?;
    if pod.spec.as_ref().is_none_or(|spec| spec.node_name.is_none()) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    if request.query.is("previous") {
        let name = &request.name;
        return Err(Refusal::bad_request(format!(
            "previous terminated container \"{container}\" in pod \"{name}\" not found"
        )));
    }
    let wanted = Wanted::read(request)?;
    let uid = pod.metadata.uid.as_deref().unwrap_or_default();
    let log = world.logs.find(uid, &container).ok_or_else(|| not_started(&pod, &container, &request.name))?;
    let reader = Reader::begin(world, log, wanted);
    let stream = stream::unfold(reader, async |mut reader| {
        let piece = reader.next().await?;
        Some((piece, reader))
    });
    Ok(([(header::CONTENT_TYPE, "text/plain")], Body::from_stream(stream)).into_response())
}

/// The name of the container that is meant.
fn container(pod: &Pod, request: &Request) -> Result<String, Refusal> {
    let spec = pod.spec.clone().unwrap_or_default();
    let names: Vec<String> = spec.containers.into_iter().map(|container| container.name).collect();
    let first: Vec<String> =
        spec.init_containers.unwrap_or_default().into_iter().map(|container| container.name).collect();
    let (wanted, pod) = (request.query.get("container"), &request.name);
    match (wanted, &names[..]) {
        ("", [only]) => Ok(only.clone()),
        ("", _) => {
            let (names, first) = (names.join(" "), first.join(" "));
            let others = if first.is_empty() {
                String::new()
            } else {
                format!(" or one of the init containers: [{first}]")
            };
            Err(Refusal::bad_request(format!(
                "a container name must be specified for pod {pod}, choose one of: [{names}]{others}"
            )))
        }
        _ if names.iter().chain(&first).any(|name| name == wanted) => Ok(wanted.to_owned()),
        _ => Err(Refusal::bad_request(format!("container {wanted} is not valid for pod {pod}"))),
    }
}

fn not_started(pod: &Pod, container: &str, name: &str) -> Refusal {
    let status = pod.status.as_ref();
    let all = status.into_iter().flat_map(|status| {
        let first = status.init_container_statuses.iter().flatten();
        first.chain(status.container_statuses.iter().flatten())
    });
    let reason = |status: &ContainerStatus| status.state.as_ref()?.waiting.as_ref()?.reason.clone();
    let reason = all.filter(|status| status.name == container).find_map(reason);
    let why = match reason.as_deref() {
        Some("ErrImagePull") => "image can't be pulled".to_owned(),
        Some("ImagePullBackOff") => "trying and failing to pull image".to_owned(),
        Some(reason) => reason.to_owned(),
        None => "ContainerCreating".to_owned(),
    };
    Refusal::bad_request(format!("container \"{container}\" in pod \"{name}\" is waiting to start: {why}"))
}

/// Which part of a log, and how.
struct Wanted {
    follow: bool,
    timestamps: bool,
    since: Option<Timestamp>,
    tail: Option<usize>,
    limit: Option<u64>,
}

impl Wanted {
    fn read(request: &Request) -> Result<Self, Refusal> {
        let query = &request.query;
        let seconds = query.number::<i64>("sinceSeconds")?;
        let time = query.number::<Timestamp>("sinceTime")?;
        if seconds.is_some() && time.is_some() {
            let cause =
                "sinceSeconds: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified";
            return Err(Refusal::invalid(request.kind, &request.name, &[cause.to_owned()]));
        }
        Ok(Self {
            follow: query.is("follow"),
            timestamps: query.is("timestamps"),
            since: time.or_else(|| seconds.map(|seconds| clock::now() - SignedDuration::from_secs(seconds))),
            tail: query.number("tailLines")?,
            limit: query.number("limitBytes")?,
        })
    }
}

struct Reader {
    log: Arc<ContainerLog>,
    wanted: Wanted,
    versions: watch::Receiver<u64>,
    lag: Duration,
    place: Place,
    fault: Option<LogFault>,
    told: u64,
    at_line_start: bool,
    is_over: bool,
}

impl Reader {
    fn begin(world: &World, log: Arc<ContainerLog>, wanted: Wanted) -> Self {
        let fault = if wanted.follow { world.faults.log_fault() } else { None };
        Self {
            versions: log.subscribe(),
            place: log.start(),
            lag: world.faults.log_lag(),
            log,
            wanted,
            fault,
            told: 0,
            at_line_start: true,
            is_over: false,
        }
    }

    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        while !self.is_over {
            self.versions.borrow_and_update();
            let lag = SignedDuration::try_from(self.lag).unwrap_or(SignedDuration::MAX);
            let Reading { records, is_all } = self.log.read(&mut self.place, clock::now() - lag);
            let text = self.text(records);
            let is_at_end = is_all || !self.wanted.follow;
            self.is_over = is_at_end && (text.is_empty() || !self.wanted.follow);
            if !text.is_empty() {
                return Some(self.tell(text).await);
            }
            if !is_at_end {
                self.wait().await;
            }
        }
        None
    }

    async fn wait(&mut self) {
        if self.lag.is_zero() {
            // The log lives as long as this reader does.
            drop(self.versions.changed().await);
        } else {
            tokio::time::sleep(LATE_PERIOD).await;
        }
    }

    /// The records as they are told: those that are wanted, with their times where these are.
    fn text(&mut self, records: Vec<Record>) -> Bytes {
        let mut records = VecDeque::from(records);
        if let Some(tail) = self.wanted.tail.take() {
            let starts = records.iter().rev().enumerate().skip(1).filter(|(_, record)| record.ends_line);
            let kept = if tail == 0 { Some(0) } else { starts.map(|(at, _)| at).nth(tail - 1) };
            records.drain(..records.len() - kept.unwrap_or(records.len()));
        }
        let mut text = BytesMut::new();
        for record in records {
            if self.wanted.since.is_some_and(|since| record.at < since) {
                continue;
            }
            if self.wanted.timestamps && self.at_line_start {
                text.put_slice(format!("{:.9} ", record.at).as_bytes());
            }
            text.put_slice(&record.text);
            if record.ends_line {
                text.put_u8(b'\n');
            }
            self.at_line_start = record.ends_line;
        }
        text.freeze()
    }

    /// Tells as much of `text` as may be told.
    async fn tell(&mut self, mut text: Bytes) -> io::Result<Bytes> {
        let left = |limit: u64| usize::try_from(limit.saturating_sub(self.told)).unwrap_or(usize::MAX);
        if let Some(limit) = self.wanted.limit.map(left).filter(|limit| *limit <= text.len()) {
            text.truncate(limit);
            self.is_over = true;
        }
        if let Some(fault) = self.fault.filter(|fault| left(fault.after_bytes) <= text.len()) {
            text.truncate(left(fault.after_bytes));
            if text.is_empty() {
                return self.suffer(fault.end).await;
            }
            // The rest is lost to this reader: what is told next is the fault.
            self.told += text.len() as u64;
            self.is_over = false;
            self.place = self.log.start();
            return Ok(text);
        }
        self.told += text.len() as u64;
        Ok(text)
    }

    async fn suffer(&mut self, end: LogEnd) -> io::Result<Bytes> {
        self.is_over = true;
        match end {
            LogEnd::Orderly => Ok(Bytes::new()),
            LogEnd::Broken => Err(io::ErrorKind::ConnectionReset.into()),
            LogEnd::Silent => std::future::pending().await,
        }
    }
}
