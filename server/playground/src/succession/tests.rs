use regatta_domain::pipeline::{Exchange, Job, Needs};
use regatta_domain::run::Ending;

use super::Whereabouts::{Here, Nowhere, Outside};
use super::*;

/// `build`, and `ship` that needs it and takes its workspace.
fn pipeline() -> Pipeline {
    let mut build = Job::new("build", "shell", vec![]);
    build.exchange.gives_workspace = true;
    let exchange = Exchange { takes_workspace_of: vec![0], ..Exchange::default() };
    let ship = Job { needs: Needs::successes(&[0], &[]), exchange, ..Job::new("ship", "shell", vec![]) };
    Pipeline { jobs: vec![build, ship], ..Pipeline::default() }
}

#[test]
fn what_runs_outside_goes_on_and_nothing_else() {
    let pipeline = pipeline();
    let mut graph = Graph::new(&pipeline);
    assert_eq!(obstacle(&pipeline, &graph, &[Nowhere; 2]), Some(Obstacle::Bound), "nothing ever ran");
    graph.begin(0);
    assert_eq!(obstacle(&pipeline, &graph, &[Outside, Nowhere]), None);
    assert_eq!(obstacle(&pipeline, &graph, &[Here, Nowhere]), Some(Obstacle::Bound));
    assert_eq!(obstacle(&pipeline, &graph, &[Nowhere; 2]), Some(Obstacle::Bound));
}

#[test]
fn a_workspace_that_is_still_needed_keeps_a_run_where_it_is() {
    let pipeline = pipeline();
    let mut graph = Graph::new(&pipeline);
    graph.begin(0);
    graph.end(0, Ending::Succeeded, None);
    let lost = Obstacle::Workspace { taker: "ship".into(), giver: "build".into() };
    assert_eq!(obstacle(&pipeline, &graph, &[Outside, Nowhere]), Some(lost.clone()));
    graph.begin(1);
    assert_eq!(obstacle(&pipeline, &graph, &[Outside, Nowhere]), Some(lost), "no sandbox has it yet");
    assert_eq!(obstacle(&pipeline, &graph, &[Outside, Outside]), None, "its sandbox has it");
    graph.end(1, Ending::Failed, None);
    assert_eq!(obstacle(&pipeline, &graph, &[Here, Here]), None, "all that is left is to say so");
}

#[test]
fn a_workspace_that_nobody_gave_is_not_missed() {
    let pipeline = pipeline();
    let mut graph = Graph::new(&pipeline);
    graph.begin(0);
    graph.end(0, Ending::Failed, None);
    assert_eq!(obstacle(&pipeline, &graph, &[Outside, Nowhere]), None);
}
