//! What the portal adds to a bare pod of the same specification.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::AsyncBufReadExt as _;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{DeleteParams, LogParams, PostParams};
use tokio::runtime::Runtime;

use super::site::Site;
use crate::client::runs::{first_line, pipeline};
use crate::support::figures::{milliseconds, quantile};
use crate::support::portal::Setup;

const TIMES: usize = 15;

/// Runs and bare pods in turn, so that both meet the same cluster. A bare pod is what `regatta playground pod` prints, created
/// by a client that does nothing else; it is there when its log has the first line of the step.
pub fn measure(runtime: &Runtime, site: &Site, setup: &Setup, port: u16) {
    let hello = pipeline("echo hello");
    let pods: Api<Pod> = Api::namespaced(runtime.block_on(site.client()), &site.namespace);
    first_line(port, &hello);
    let (mut runs, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        runs.push(first_line(port, &hello));
        let pod = described(setup, &hello);
        bare.push(runtime.block_on(bare_pod(&pods, &pod)));
    }
    let (run, pod) = (quantile(&runs, 0.5), quantile(&bare, 0.5));
    println!(
        "POST of a run to its first line   p50 {:.0} ms, p95 {:.0} ms   bare pod p50 {:.0} ms   added {:.0} ms   wanted: ≤ 300 ms added",
        milliseconds(run),
        milliseconds(quantile(&runs, 0.95)),
        milliseconds(pod),
        milliseconds(run.saturating_sub(pod)),
    );
}

/// The pod of the pipeline's job, as operators see it.
fn described(setup: &Setup, pipeline: &str) -> Pod {
    let mut child = Command::new(env!("CARGO_BIN_EXE_regatta"))
        .args(["playground", "pod", "-"])
        .envs(setup.environment.iter().cloned())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(pipeline.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the pod can be described");
    serde_saphyr::from_slice(&output.stdout).unwrap()
}

async fn bare_pod(pods: &Api<Pod>, pod: &Pod) -> Duration {
    let name = pod.metadata.name.clone().unwrap();
    let started = Instant::now();
    pods.create(&PostParams::default(), pod).await.unwrap();
    let took = loop {
        let follow = LogParams { container: Some("job".to_owned()), follow: true, ..LogParams::default() };
        // Until the container runs there is no log, which a client has to ask again for.
        if let Ok(log) = pods.log_stream(&name, &follow).await {
            let mut lines = log.lines();
            let mut printed = false;
            while let Ok(Some(line)) = futures_util::TryStreamExt::try_next(&mut lines).await {
                if line.contains("\"out\"") {
                    printed = true;
                    break;
                }
            }
            if printed {
                break started.elapsed();
            }
        }
        assert!(started.elapsed() < Duration::from_mins(2), "the bare pod prints nothing");
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    pods.delete(&name, &DeleteParams::default().grace_period(0)).await.unwrap();
    took
}
