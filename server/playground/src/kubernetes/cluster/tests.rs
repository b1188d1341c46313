//! What is asked of an API server before a cluster is used, and what its answers come to.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use kube::client::Body;
use serde_json::{Value, json};

use super::*;
use crate::kubernetes::pod::tests::kata;
use crate::observer::Unobserved;

/// A status code and what comes with it.
type Answer = (u16, Value);

/// An API server that has one list of answers for each path; the last of them is given again and again.
#[derive(Clone, Default)]
struct Answers {
    given: Arc<Mutex<BTreeMap<String, Vec<Answer>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

const VERSION: &str = "/version";
const CLASS: &str = "/apis/node.k8s.io/v1/runtimeclasses/kata";
const CLASSES: &str = "/apis/node.k8s.io/v1/runtimeclasses";
const ACCOUNT: &str = "/api/v1/namespaces/regatta-playground/serviceaccounts/default";
const QUOTA: &str = "/api/v1/namespaces/regatta-playground/resourcequotas/playground";

fn status(code: u16, reason: &str, message: &str) -> Answer {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "reason": reason, "message": message, "code": code,
    });
    (code, status)
}

fn missing() -> Answer {
    status(404, "NotFound", "not found")
}

fn no_right(verb: &str, resource: &str) -> Answer {
    let user = "system:serviceaccount:regatta:regatta";
    status(
        403,
        "Forbidden",
        &format!("{resource} is forbidden: User \"{user}\" cannot {verb} resource \"{resource}\""),
    )
}

fn class(name: &str, handler: &str) -> Value {
    json!({
        "apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": name}, "handler": handler,
        "overhead": {"podFixed": {"cpu": "250m", "memory": "320Mi"}},
    })
}

fn quota(hard: &Value) -> Answer {
    (
        200,
        json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "playground"}, "spec": {"hard": hard}, "status": {"hard": hard}}),
    )
}

fn account() -> Answer {
    (200, json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}))
}

impl Answers {
    /// A cluster that has everything.
    fn fine() -> Self {
        let version = json!({
            "major": "1", "minor": "36", "gitVersion": "v1.36.0", "gitCommit": "", "gitTreeState": "", "buildDate": "",
            "goVersion": "", "compiler": "", "platform": "",
        });
        Self::default()
            .with(VERSION, [(200, version)])
            .with(CLASS, [(200, class("kata", "kata-qemu"))])
            .with(ACCOUNT, [account()])
            .with(QUOTA, [quota(&json!({"pods": "12", "limits.memory": "9984Mi"}))])
    }

    fn with(self, path: &str, answers: impl Into<Vec<Answer>>) -> Self {
        let mut answers = answers.into();
        answers.reverse();
        self.given.lock().unwrap().insert(path.to_owned(), answers);
        self
    }

    fn answer(&self, request: &Request<Body>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        self.asked.lock().unwrap().push(path.clone());
        let mut given = self.given.lock().unwrap();
        let (code, body) = match given.get_mut(&path) {
            Some(answers) if answers.len() > 1 => answers.pop().unwrap(),
            Some(answers) => answers[0].clone(),
            None => missing(),
        };
        Response::builder().status(code).body(body.to_string().into_bytes().into()).unwrap()
    }

    fn client(&self) -> Client {
        let answers = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let answer = answers.answer(&request);
            async move { Ok::<_, Infallible>(answer) }
        });
        Client::new(service, "default")
    }

    fn times(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == path).count()
    }

    async fn connect(&self, settings: ClusterSettings) -> Result<Cluster, ClusterError> {
        self.connect_with(settings, Limits::default()).await
    }

    async fn connect_with(&self, settings: ClusterSettings, limits: Limits) -> Result<Cluster, ClusterError> {
        let parts = ClusterParts {
            settings,
            secret: [7; 32],
            limits,
            clock: Arc::new(Morning),
            entropy: Arc::new(Zeros),
            observer: Arc::new(Unobserved),
        };
        Cluster::reached_by(self.client(), "https://192.0.2.1:6443".parse().unwrap(), parts).await
    }

    async fn refuses(&self, settings: ClusterSettings) -> String {
        self.connect(settings).await.unwrap_err().to_string()
    }
}

struct Morning;

impl Clock for Morning {
    fn now(&self) -> Timestamp {
        "2026-11-23T06:00:00Z".parse().unwrap()
    }
}

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_has_everything_is_connected() {
    let answers = Answers::fine();
    let cluster = answers.connect(kata()).await.unwrap();
    assert_eq!(cluster.level(), IsolationLevel::VirtualMachine);
    // 9984 MiB hold twelve pods of 512 MiB and 320 MiB for their virtual machines.
    assert_eq!(cluster.capacity(), Some(Capacity { pods: 12 }));
    assert_eq!(cluster.server_version(), "v1.36.0");
    assert_eq!(cluster.instance(), "19140955e1b47d80");
    assert_eq!(
        cluster.selector(),
        "app.kubernetes.io/managed-by=regatta,app.kubernetes.io/instance=19140955e1b47d80"
    );
    assert!(cluster.findings().iter().all(|finding| finding.held), "{:?}", cluster.findings());
    assert_eq!(answers.asked.lock().unwrap().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_runtime_class_that_is_not_there_is_answered_with_those_that_are() {
    let list = json!({
        "apiVersion": "node.k8s.io/v1", "kind": "RuntimeClassList", "metadata": {},
        "items": [class("gvisor", "runsc"), class("kata-qemu", "kata-qemu")],
    });
    let answers = Answers::fine().with(CLASS, [missing()]).with(CLASSES, [(200, list)]);
    assert_eq!(
        answers.refuses(kata()).await,
        "the runtime class kata is not there; there are gvisor (runsc), kata-qemu (kata-qemu): set \
         playground.kubernetes.runtime_class"
    );
}

#[tokio::test(start_paused = true)]
async fn a_kernel_is_shared_only_where_that_was_agreed_to() {
    let answers = Answers::fine().with(CLASS, [(200, class("kata", "runc"))]);
    let refused = answers.refuses(kata()).await;
    assert!(refused.contains("(handler runc)") && refused.contains("shared_kernel = true"), "{refused}");
    let agreed = ClusterSettings { shared_kernel: true, ..kata() };
    assert_eq!(answers.connect(agreed.clone()).await.unwrap().level(), IsolationLevel::Process);
    let default = ClusterSettings { runtime_class: None, ..agreed };
    assert_eq!(answers.connect(default.clone()).await.unwrap().level(), IsolationLevel::Process);
    let refused = answers.refuses(ClusterSettings { shared_kernel: false, ..default }).await;
    assert!(refused.starts_with("pods would share their node's kernel"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_virtual_machine_with_too_little_memory_is_refused_before_it_never_starts() {
    let little = Limits { memory_bytes: 64 << 20, ..Limits::default() };
    let refused = Answers::fine().connect_with(kata(), little.clone()).await.unwrap_err();
    assert!(matches!(refused, ClusterError::LittleMemory { given: 64, least: 256 }), "{refused}");
    let gvisor = Answers::fine().with(CLASS, [(200, class("kata", "runsc"))]);
    let cluster = gvisor.connect_with(kata(), little).await.unwrap();
    assert_eq!(cluster.level(), IsolationLevel::ApplicationKernel);
}

#[tokio::test(start_paused = true)]
async fn what_a_new_namespace_does_not_have_yet_is_waited_for() {
    let pending = (
        200,
        json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {}, "spec": {"hard": {"pods": "3"}}}),
    );
    let answers = Answers::fine()
        .with(ACCOUNT, [missing(), missing(), account()])
        .with(QUOTA, [pending, quota(&json!({"pods": "3"}))]);
    let cluster = answers.connect(kata()).await.unwrap();
    assert_eq!(cluster.capacity(), Some(Capacity { pods: 3 }));
    assert_eq!((answers.times(ACCOUNT), answers.times(QUOTA)), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn what_never_comes_is_told() {
    let answers = Answers::fine().with(ACCOUNT, [missing()]);
    let refused = answers.refuses(kata()).await;
    assert!(refused.contains("no service account default in the namespace regatta-playground"), "{refused}");
    // Once a second for half a minute, and not more.
    assert!((29..=32).contains(&answers.times(ACCOUNT)), "{}", answers.times(ACCOUNT));
    let uncounted = (200, json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {}, "status": {}}));
    let refused = Answers::fine().with(QUOTA, [uncounted]).refuses(kata()).await;
    assert!(refused.contains("counts nothing") && refused.contains("controller manager"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_namespace_without_a_quota_is_told_but_used() {
    let cluster = Answers::fine().with(QUOTA, [missing()]).connect(kata()).await.unwrap();
    assert_eq!(cluster.capacity(), None);
    let told = cluster.findings().iter().find(|finding| finding.what == "quota").unwrap();
    assert!(!told.held && told.words.contains("no quota named playground"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_missing_right_is_named() {
    for (path, verb, resource) in [
        (CLASS, "get", "runtimeclasses.node.k8s.io"),
        (ACCOUNT, "get", "serviceaccounts"),
        (QUOTA, "get", "resourcequotas"),
    ] {
        let refused = Answers::fine().with(path, [no_right(verb, resource)]).refuses(kata()).await;
        assert!(refused.starts_with(&format!("the portal may not {verb} {resource} in the")), "{refused}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_api_server_that_is_away_or_a_stranger_is_told_first() {
    let busy = Answers::fine().with(VERSION, [status(503, "ServiceUnavailable", "starting")]);
    let error = busy.connect(kata()).await.unwrap_err();
    assert!(error.is_passing() && error.to_string().contains("https://192.0.2.1:6443"), "{error}");
    assert_eq!(busy.times(VERSION), 1);
    let stranger = Answers::fine().with(VERSION, [status(401, "Unauthorized", "Unauthorized")]);
    let error = stranger.connect(kata()).await.unwrap_err();
    assert!(
        !error.is_passing() && error.to_string().contains("does not accept the portal's credentials"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_is_not_waited_for() {
    let service = tower::service_fn(|_: Request<Body>| async {
        std::future::pending::<Result<Response<Body>, Infallible>>().await
    });
    let client = Client::new(service, "default");
    let answer = bounded(client.apiserver_version()).await;
    assert!(matches!(answer, Err(Problem::Away(_))), "{answer:?}");
}

#[tokio::test]
async fn a_kubeconfig_that_is_not_there_is_named() {
    let path = std::path::PathBuf::from("/nonexistent/kubeconfig");
    let access = crate::kubernetes::settings::Access::Kubeconfig { path, context: None };
    let error = access::client(&access, Arc::new(Unobserved)).await.map(|_| ()).unwrap_err().to_string();
    assert!(
        error.contains("/nonexistent/kubeconfig") && error.contains("playground.kubernetes.kubeconfig"),
        "{error}"
    );
}
