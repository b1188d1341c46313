use proptest::prelude::*;

use super::*;

fn job(name: &str, needs: Needs) -> Job {
    Job { needs, ..Job::new(name, "shell", vec![]) }
}

fn pipeline(jobs: &[(&str, &[usize], &[usize])]) -> Pipeline {
    let jobs = jobs.iter().map(|(name, all, any)| job(name, Needs::successes(all, any)));
    Pipeline { jobs: jobs.collect(), ..Pipeline::default() }
}

/// `a`, and `b` that needs it with `accepts`.
fn pair(accepts: Accepts) -> Pipeline {
    let need = Needs { all: vec![Need { job: 0, accepts }], any: vec![] };
    Pipeline { jobs: vec![job("a", Needs::default()), job("b", need)], ..Pipeline::default() }
}

#[test]
fn a_join_waits_for_all_it_needs() {
    let pipeline = pipeline(&[("build", &[], &[]), ("lint", &[], &[]), ("ship", &[0, 1], &[])]);
    let mut graph = Graph::new(&pipeline);
    assert_eq!((graph.start_next(), graph.start_next(), graph.start_next()), (Some(0), Some(1), None));
    graph.end(1, Ending::Succeeded, None);
    assert_eq!(graph.start_next(), None);
    graph.end(0, Ending::Succeeded, None);
    assert_eq!(graph.start_next(), Some(2));
    graph.end(2, Ending::Succeeded, None);
    assert_eq!(graph.ending(), (Ending::Succeeded, None));
}

#[test]
fn a_failure_skips_what_needs_it_and_names_it() {
    let pipeline = pipeline(&[("build", &[], &[]), ("test", &[0], &[]), ("ship", &[1], &[])]);
    let mut graph = Graph::new(&pipeline);
    graph.start_next();
    graph.end(0, Ending::Failed, Some("step compile ended with exit code 2".into()));
    assert_eq!(graph.start_next(), None);
    assert_eq!(graph.skip_next(), Some((1, "it needs build, which failed".into())));
    assert_eq!(graph.skip_next(), Some((2, "it needs test, which was skipped".into())));
    assert_eq!(graph.skip_next(), None);
    let reason = "job build: step compile ended with exit code 2".to_owned();
    assert_eq!(graph.ending(), (Ending::Failed, Some(reason)));
}

#[test]
fn one_of_several_is_enough_where_the_pipeline_says_so() {
    let pipeline = pipeline(&[("a", &[], &[]), ("b", &[], &[]), ("c", &[], &[0, 1])]);
    let mut graph = Graph::new(&pipeline);
    graph.start_next();
    graph.start_next();
    graph.end(0, Ending::Failed, None);
    assert_eq!(graph.skip_next(), None, "b may still succeed");
    graph.end(1, Ending::Succeeded, None);
    assert_eq!(graph.start_next(), Some(2));
    graph.end(2, Ending::Succeeded, None);
    assert_eq!(graph.ending().0, Ending::Failed, "a failure is not forgotten");
}

#[test]
fn a_job_is_skipped_when_none_of_several_succeeded() {
    let pipeline = pipeline(&[("a", &[], &[]), ("b", &[], &[]), ("c", &[], &[0, 1])]);
    let mut graph = Graph::new(&pipeline);
    graph.start_next();
    graph.start_next();
    graph.end(0, Ending::Failed, None);
    graph.end(1, Ending::TimedOut, None);
    let reason = "it needs a, which failed, and b, which was stopped by a limit".to_owned();
    assert_eq!(graph.skip_next(), Some((2, reason)));
}

#[test]
fn an_impossible_graph_starts_nothing() {
    let looped = pipeline(&[("a", &[1], &[]), ("b", &[0], &[])]);
    let mut graph = Graph::new(&looped);
    assert_eq!((graph.start_next(), graph.skip_next()), (None, None));
    assert_eq!(graph.waiting().count(), 2);
    let dangling = pipeline(&[("a", &[7], &[])]);
    assert!(Graph::new(&dangling).skip_next().is_some());
}

#[test]
fn the_worst_ending_counts() {
    let pipeline = pipeline(&[("a", &[], &[]), ("b", &[], &[])]);
    for worse in Ending::ALL {
        let mut graph = Graph::new(&pipeline);
        graph.end(0, worse, None);
        graph.end(1, Ending::Succeeded, None);
        assert_eq!(graph.ending().0, worse);
    }
}

#[test]
fn what_was_left_out_is_good_enough_only_where_order_is_all_that_counts() {
    for (accepts, goes_on) in
        [(Accepts::Success, false), (Accepts::SuccessOrLeftOut, true), (Accepts::AnyEnd, true)]
    {
        let pipeline = pair(accepts);
        let mut graph = Graph::new(&pipeline);
        graph.start_next();
        graph.leave_out(0);
        assert_eq!(graph.start_next().is_some(), goes_on, "{accepts:?}");
        let reason = "it needs a, which was left out".to_owned();
        assert_eq!(graph.skip_next(), (!goes_on).then_some((1, reason)), "{accepts:?}");
    }
}

#[test]
fn what_was_skipped_is_good_enough_only_where_any_end_is() {
    for (accepts, goes_on) in
        [(Accepts::Success, false), (Accepts::SuccessOrLeftOut, false), (Accepts::AnyEnd, true)]
    {
        let pipeline = pair(accepts);
        let mut graph = Graph::new(&pipeline);
        graph.start_next();
        graph.skip(0);
        assert_eq!(graph.start_next().is_some(), goes_on, "{accepts:?}");
    }
}

#[test]
fn what_comes_at_last_comes_after_every_end() {
    let pipeline = pair(Accepts::AnyEnd);
    for ending in Ending::ALL {
        let mut graph = Graph::new(&pipeline);
        graph.start_next();
        assert_eq!((graph.start_next(), graph.skip_next()), (None, None));
        graph.end(0, ending, None);
        assert_eq!(graph.start_next(), Some(1), "{ending:?}");
    }
}

#[test]
fn a_tolerated_failure_stops_nobody_but_a_cancelled_job_still_does() {
    for ending in Ending::ALL {
        let mut pipeline = pair(Accepts::Success);
        pipeline.jobs[0].tolerated = true;
        let mut graph = Graph::new(&pipeline);
        graph.start_next();
        graph.end(0, ending, None);
        let tolerated = ending != Ending::Cancelled && !ending.is_infrastructure();
        assert_eq!(graph.start_next().is_some(), tolerated, "{ending:?}");
        assert_eq!(graph.ending().0, if tolerated { Ending::Succeeded } else { ending });
    }
}

#[test]
fn statuses_are_tektons() {
    let pipeline = pipeline(&[("a", &[], &[]), ("b", &[], &[]), ("c", &[], &[]), ("d", &[0], &[])]);
    let mut graph = Graph::new(&pipeline);
    graph.end(0, Ending::Succeeded, None);
    graph.end(1, Ending::TimedOut, None);
    graph.leave_out(2);
    assert_eq!(graph.statuses(), ["Succeeded", "Failed", "None", "None"]);
}

/// What becomes of a job when its turn comes.
#[derive(Clone, Copy, Debug)]
enum Fate {
    End(Ending),
    LeaveOut,
    Skip,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => prop::sample::select(Ending::ALL.to_vec()).prop_map(Fate::End),
        6 => Just(Fate::End(Ending::Succeeded)),
        2 => Just(Fate::LeaveOut),
        1 => Just(Fate::Skip),
    ]
}

/// Pipelines whose jobs need only earlier ones, and what becomes of each.
fn acyclic() -> impl Strategy<Value = (Pipeline, Vec<Fate>)> {
    let accepts = prop::sample::select(vec![Accepts::Success, Accepts::SuccessOrLeftOut, Accepts::AnyEnd]);
    let needs = || prop::collection::vec((any::<prop::sample::Index>(), accepts.clone()), 0..4);
    let job = (needs(), needs(), any::<bool>(), fate());
    prop::collection::vec(job, 1..20).prop_map(|jobs| {
        let mut pipeline = Pipeline::default();
        let mut fates = Vec::new();
        for (at, (all, any, tolerated, fate)) in jobs.into_iter().enumerate() {
            let earlier = |needs: Vec<(prop::sample::Index, Accepts)>| -> Vec<Need> {
                let needs = needs.into_iter().filter(|_| at > 0);
                needs.map(|(job, accepts)| Need { job: job.index(at), accepts }).collect()
            };
            let needs = Needs { all: earlier(all), any: earlier(any) };
            pipeline.jobs.push(Job { tolerated, ..job_called(at, needs) });
            fates.push(fate);
        }
        (pipeline, fates)
    })
}

fn job_called(at: usize, needs: Needs) -> Job {
    job(&format!("job-{at}"), needs)
}

proptest! {
    /// Plays any graph to its end with any number of jobs at once, ending them in any order.
    #[test]
    fn every_job_gets_exactly_one_end_after_what_it_needs(
        (pipeline, fates) in acyclic(),
        at_once in 1_usize..4,
        order in prop::collection::vec(any::<prop::sample::Index>(), 20),
    ) {
        let mut graph = Graph::new(&pipeline);
        let mut ends = vec![0; pipeline.jobs.len()];
        let mut under_way = Vec::new();
        let mut order = order.into_iter();
        loop {
            while let Some((job, reason)) = graph.skip_next() {
                ends[job] += 1;
                prop_assert!(reason.starts_with("it needs job-"), "{}", reason);
            }
            while under_way.len() < at_once && let Some(job) = graph.start_next() {
                let needs = &pipeline.jobs[job].needs;
                let all = !needs.all.is_empty() && needs.all.iter().all(|need| graph.is_over(need.job));
                let any = needs.any.iter().any(|need| graph.is_over(need.job));
                prop_assert!(needs.is_empty() || all || any, "job {} started before its needs", job);
                under_way.push(job);
            }
            if under_way.is_empty() {
                break;
            }
            let next = order.next().unwrap().index(under_way.len());
            let job = under_way.swap_remove(next);
            match fates[job] {
                Fate::End(ending) => graph.end(job, ending, None),
                Fate::LeaveOut => graph.leave_out(job),
                Fate::Skip => graph.skip(job),
            }
            ends[job] += 1;
        }
        prop_assert!(ends.iter().all(|ends| *ends == 1), "{:?}", ends);
        prop_assert_eq!(graph.waiting().count(), 0);
        prop_assert_eq!((graph.start_next(), graph.skip_next()), (None, None));
    }
}
