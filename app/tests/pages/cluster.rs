//! The page of a run in a cluster: its set-up by both clocks, what it waits for, and how it can end there.

use regatta_app::components::run::headline::Circumstances;
use regatta_app::components::run::onwards::Origin;
use regatta_app::pages::run::{RunPageView, run};
use regatta_domain::pipeline::{Arguments, Dialect, Needs, Plan, PlannedJob};
use regatta_domain::run::{
    Ending, ImageState, IsolationLevel, JobState, Milestone, Placement, RunEvent, RunFact, RunState, RunView,
    Stream,
};

use crate::sample;

/// A run as it is told, in milliseconds since it was accepted.
struct Telling(RunView);

impl Telling {
    fn of(jobs: &[&str]) -> Self {
        let job = |(at, name): (usize, &&str)| PlannedJob {
            name: (*name).to_owned(),
            needs: Needs::successes(if at == 0 { &[] } else { &[0] }, &[]),
            image: "host-tools".into(),
            steps: vec!["pack".into()],
            cell: None,
        };
        let jobs = jobs.iter().enumerate().map(job).collect();
        let mut telling = Self(RunView::queued(&Plan { jobs, stages: vec![] }));
        telling.at(30, RunFact::Run { state: RunState::Starting, reason: None });
        telling
    }

    fn at(&mut self, at_ms: u64, what: RunFact) -> &mut Self {
        let seq = self.0.seq + 1;
        self.0.apply(&RunEvent { seq, at_ms, what });
        self
    }

    fn job(&mut self, at_ms: u64, job: usize, state: JobState, reason: Option<&str>) -> &mut Self {
        self.at(at_ms, RunFact::Job { job, state, reason: reason.map(str::to_owned) })
    }

    fn placed(&mut self, at_ms: u64, job: usize, image_state: ImageState, attempt: u32) -> &mut Self {
        let placement = Placement {
            executor: "kubernetes".into(),
            level: IsolationLevel::VirtualMachine,
            reason:
                "the preferred one was passed over. It does not run on gvisor: it needs a kernel of its own"
                    .into(),
            image: Some("registry.example/regatta-tools@sha256:0123456789ab".into()),
            image_state,
        };
        self.at(at_ms, RunFact::Placed { job, placement, attempt, outlives: true });
        self.reached(at_ms + 1, job, Milestone::Asked, None)
    }

    fn reached(
        &mut self,
        at_ms: u64,
        job: usize,
        milestone: Milestone,
        reported_ms: Option<i64>,
    ) -> &mut Self {
        self.at(at_ms, RunFact::Reached { job, milestone, reported_ms })
    }

    /// From the pod to the last step, as Kata does it.
    fn runs(&mut self, from_ms: u64, job: usize) -> &mut Self {
        let second = |ms: u64| Some(i64::try_from(ms / 1_000 * 1_000).unwrap());
        for (milestone, after_ms) in [
            (Milestone::PodCreated, 62),
            (Milestone::Scheduled, 95),
            (Milestone::SandboxStarted, 1_240),
            (Milestone::ImagePulled, 1_302),
            (Milestone::ContainerStarted, 1_610),
        ] {
            let at_ms = from_ms + after_ms;
            self.reached(at_ms, job, milestone, second(at_ms));
        }
        self.reached(from_ms + 1_675, job, Milestone::RunnerReady, None);
        self.job(from_ms + 1_690, job, JobState::Running, None);
        self.at(from_ms + 1_692, RunFact::StepStarted { job, step: 0 });
        let line =
            RunFact::Line { job, step: 0, stream: Stream::Out, text: "packed crate 1".into(), spans: vec![] };
        self.at(from_ms + 1_700, line);
        self.at(from_ms + 3_700, RunFact::StepEnded { job, step: 0, exit: 0, took_ms: 2_008, usage: None });
        self.job(from_ms + 3_900, job, JobState::Ended(Ending::Succeeded), None)
    }

    fn ends(&mut self, at_ms: u64, ending: Ending, reason: Option<&str>) -> &mut Self {
        self.at(at_ms, RunFact::Run { state: RunState::Ended(ending), reason: reason.map(str::to_owned) })
    }
}

/// Two jobs, one after the other, both well.
fn well() -> RunView {
    let mut telling = Telling::of(&["hull", "launch"]);
    telling.placed(40, 0, ImageState::Fetched, 0).runs(45, 0);
    telling.placed(3_960, 1, ImageState::Cached, 0).runs(3_962, 1);
    telling.ends(7_880, Ending::Succeeded, None);
    telling.0
}

/// One job that waits for room.
fn without_room() -> RunView {
    let mut telling = Telling::of(&["hull"]);
    telling.placed(40, 0, ImageState::Cached, 0);
    telling.job(60, 0, JobState::Starting, Some("it waits for room in the cluster"));
    telling.0
}

/// Its sandbox is being made.
fn under_way() -> RunView {
    let mut telling = Telling::of(&["hull", "launch"]);
    telling.placed(40, 0, ImageState::Cached, 0);
    telling.reached(110, 0, Milestone::PodCreated, Some(0));
    telling.reached(150, 0, Milestone::Scheduled, Some(0));
    telling.job(900, 0, JobState::Starting, None);
    telling.0
}

/// Its image could not be had.
fn without_image() -> RunView {
    let reason = "the node could not get the image registry.example/regatta-tools: not found";
    let mut telling = Telling::of(&["hull", "launch"]);
    telling.placed(40, 0, ImageState::Cached, 0);
    telling.reached(110, 0, Milestone::PodCreated, Some(0)).reached(150, 0, Milestone::Scheduled, Some(0));
    telling.reached(1_150, 0, Milestone::SandboxStarted, Some(1_000));
    telling.job(3_400, 0, JobState::Ended(Ending::ImagePull), Some(reason));
    telling.job(3_401, 1, JobState::Skipped, Some("hull did not succeed"));
    telling.ends(3_402, Ending::ImagePull, Some(reason));
    telling.0
}

/// Its first node was lost before anything was printed.
fn tried_again() -> RunView {
    let mut telling = Telling::of(&["hull"]);
    telling.placed(40, 0, ImageState::Cached, 0).reached(110, 0, Milestone::PodCreated, Some(0));
    telling.job(2_500, 0, JobState::Starting, Some("tried again, because its node was lost"));
    telling.placed(2_501, 0, ImageState::Cached, 1).runs(2_510, 0);
    telling.ends(6_500, Ending::Succeeded, None);
    telling.0
}

/// Every run above with a name.
pub(crate) fn runs() -> Vec<(&'static str, RunView)> {
    vec![
        ("well", well()),
        ("without-room", without_room()),
        ("under-way", under_way()),
        ("without-image", without_image()),
        ("tried-again", tried_again()),
    ]
}

pub(crate) fn page(run_view: RunView) -> String {
    let origin = Origin {
        demo: Some("join-the-fleet".parse().unwrap()),
        edited: false,
        dialect: Dialect::Screwdriver,
        source: "jobs: the text\n".into(),
        parameters: vec![],
        arguments: Arguments::default(),
    };
    let view = RunPageView {
        id: sample::run_id(),
        title: "Join the fleet".into(),
        origin,
        notes: vec![],
        accepted_at: sample::now(),
        turn: None,
        circumstances: Circumstances::default(),
        run: run_view,
    };
    run(&sample::shell(), &view).replace("<!>", "")
}

fn assert_tells(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(html.contains(part), "{part} is missing: {html}");
    }
}

#[test]
fn a_run_in_a_cluster_tells_where_its_time_went_by_both_clocks() {
    let html = page(well());
    assert_tells(
        &html,
        &[
            "From acceptance to the first step it took 1.7 s; the longest part was starting the sandbox (1.1 s). The image \
             had to be fetched first.",
            "<details id=\"setup-1\" open class=\"setup\">",
            "<details id=\"setup-2\" class=\"setup\">",
            "By the cluster",
            "<span>Node found</span>",
            "<td>12:00:01.285</td><td>12:00:01</td>",
            "kubernetes: a virtual machine with a kernel of its own",
            "the preferred one was passed over. It does not run on gvisor",
        ],
    );
}

#[test]
fn a_job_without_room_says_what_it_waits_for() {
    assert_tells(&page(without_room()), &["hull: it waits for room in the cluster.", "Set-up: under way"]);
}

#[test]
fn an_image_that_is_not_to_be_had_is_told_with_a_way_on() {
    let html = page(without_image());
    assert_tells(
        &html,
        &["Image not to be had", "state-image_pull", "for this portal’s operators to mend", "Run it again"],
    );
    assert_tells(&html, &["Set-up: given up after 3.3 s", "<span>Image not to be had</span>"]);
}

#[test]
fn another_attempt_is_told_with_its_reason() {
    assert_tells(
        &page(tried_again()),
        &["<span>Tried again</span>", "2, tried again, because its node was lost"],
    );
}

#[test]
fn whatever_a_cluster_tells_its_page_is_whole_and_has_no_styles_of_its_own() {
    for (name, run) in runs() {
        let html = page(run);
        assert!(html.ends_with("</html>") && !html.contains(" style="), "{name}: {html}");
        assert_tells(
            &html,
            &["<caption class=\"visually-hidden\">Set-up of hull</caption>", "id=\"waterfall-words\""],
        );
    }
}
