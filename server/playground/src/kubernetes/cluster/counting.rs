//! Tells how often the API server is asked, for what, and how it answers.

use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::{Request, Response};
use tokio::time::Instant;
use tower::{Layer, Service};

use crate::observer::{ClusterCall, Observer};

/// Has a client tell of its calls.
#[derive(Clone)]
pub struct Counting(pub Arc<dyn Observer>);

/// A client that tells of its calls.
#[derive(Clone)]
pub struct Counted<S> {
    inner: S,
    observer: Arc<dyn Observer>,
}

/// A call that is told of when it is over, also where nobody waits for its answer any longer.
struct UnderWay {
    observer: Arc<dyn Observer>,
    verb: &'static str,
    since: Instant,
    status: Option<u16>,
}

impl<S> Layer<S> for Counting {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted { inner, observer: Arc::clone(&self.0) }
    }
}

impl<S, Q, A> Service<Request<Q>> for Counted<S>
where
    S: Service<Request<Q>, Response = Response<A>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        let mut call = UnderWay {
            observer: Arc::clone(&self.observer),
            verb: verb(&request),
            since: Instant::now(),
            status: None,
        };
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            call.answered(answer.as_ref().ok().map(|answer| answer.status().as_u16()));
            answer
        })
    }
}

impl UnderWay {
    fn answered(&mut self, status: Option<u16>) {
        self.status = status;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let (verb, status) = (self.verb, self.status);
        self.observer.cluster_called(&ClusterCall { verb, status, took: self.since.elapsed() });
    }
}

/// What is asked for. The library notes it with all that is asked of objects; only the version is none.
fn verb<Q>(request: &Request<Q>) -> &'static str {
    match request.extensions().get::<&'static str>() {
        Some(&"log_stream") => "logs",
        Some(verb) => verb,
        None => "version",
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::sync::Mutex;
    use std::time::Duration;

    use tower::{ServiceExt as _, service_fn};

    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<ClusterCall>>);

    impl Observer for Heard {
        fn cluster_called(&self, call: &ClusterCall) {
            self.0.lock().unwrap().push(call.clone());
        }
    }

    fn asking(verb: Option<&'static str>) -> Request<()> {
        let mut request = Request::new(());
        if let Some(verb) = verb {
            request.extensions_mut().insert(verb);
        }
        request
    }

    fn told(heard: &Heard) -> Vec<(&'static str, Option<u16>, u64)> {
        let heard = heard.0.lock().unwrap();
        heard.iter().map(|call| (call.verb, call.status, call.took.as_secs())).collect()
    }

    #[tokio::test]
    async fn answers_and_failures_are_told_by_what_was_asked() {
        let heard = Arc::new(Heard::default());
        let layer = Counting(heard.clone());
        let answers = service_fn(|_| ready(Ok::<_, &str>(Response::builder().status(409).body(()).unwrap())));
        let refuses = service_fn(|_| ready(Err::<Response<()>, _>("connection refused")));
        layer.layer(answers).oneshot(asking(Some("create"))).await.unwrap();
        layer.layer(answers).oneshot(asking(Some("log_stream"))).await.unwrap();
        layer.layer(refuses).oneshot(asking(None)).await.unwrap_err();
        assert_eq!(told(&heard), [("create", Some(409), 0), ("logs", Some(409), 0), ("version", None, 0)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_nobody_waits_for_any_longer_is_told_as_one_without_an_answer() {
        let heard = Arc::new(Heard::default());
        let hangs = service_fn(|_| pending::<Result<Response<()>, &str>>());
        let call = Counting(heard.clone()).layer(hangs).oneshot(asking(Some("list")));
        tokio::time::timeout(Duration::from_secs(10), call).await.unwrap_err();
        assert_eq!(told(&heard), [("list", None, 10)]);
    }
}
