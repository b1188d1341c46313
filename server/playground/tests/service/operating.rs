//! What operators decide while it runs.

use crate::support::scripted::Scripted;
use crate::support::{Ground, single, words};
use regatta_domain::ports::Clock;
use regatta_domain::run::RunState;
use regatta_domain::switches::{PlaygroundMode, Switches};
use regatta_playground::{NewRun, PlaygroundSettings, SubmitError};
use regatta_store::records::AuditEntry;

fn audit(ground: &Ground) -> AuditEntry {
    AuditEntry {
        at: ground.clock.now(),
        actor: "ada".into(),
        action: "mode".into(),
        subject: "playground".into(),
        reason: "a talk".into(),
        detail: String::new(),
    }
}

fn mode(mode: PlaygroundMode) -> Switches {
    Switches { mode, reason: Some("The room is being rewired.".into()), ..Switches::default() }
}

#[tokio::test]
async fn while_paused_runs_are_taken_and_wait() {
    let ground = Ground::new().await;
    ground.playground.set_switches(&mode(PlaygroundMode::Paused), &audit(&ground)).await.unwrap();
    let executor = Scripted::new([]);
    ground.ready(&executor);
    let id = ground.playground.submit(single("ada")).await.unwrap();
    let turn = ground.playground.turn(&id).await.unwrap().unwrap();
    assert_eq!((turn.position, turn.wait_ms), (1, None), "nobody knows when it goes on");
    assert_eq!(ground.stored(&id).await.state, RunState::Queued);
    ground.playground.set_switches(&Switches::default(), &audit(&ground)).await.unwrap();
    assert_eq!(words(&ground.log(&id).await).last().unwrap(), "run succeeded");
}

#[tokio::test]
async fn while_draining_nothing_is_taken_and_what_waits_is_run() {
    let ground = Ground::new().await;
    let waiting = ground.playground.submit(single("ada")).await.unwrap();
    ground.playground.set_switches(&mode(PlaygroundMode::Draining), &audit(&ground)).await.unwrap();
    let refused = ground.playground.submit(single("bob")).await.unwrap_err();
    assert!(matches!(refused, SubmitError::Closed { .. }));
    assert_eq!(
        refused.to_string(),
        "The playground is closing: what waits is still run, new runs are not taken. The room is being rewired."
    );
    ground.ready(&Scripted::new([]));
    assert_eq!(words(&ground.log(&waiting).await).last().unwrap(), "run succeeded");
}

#[tokio::test]
async fn while_read_only_nothing_starts() {
    let ground = Ground::new().await;
    let waiting = ground.playground.submit(single("ada")).await.unwrap();
    ground.playground.set_switches(&mode(PlaygroundMode::ReadOnly), &audit(&ground)).await.unwrap();
    ground.ready(&Scripted::new([]));
    assert!(matches!(ground.playground.submit(single("bob")).await, Err(SubmitError::Closed { .. })));
    assert_eq!(ground.stored(&waiting).await.state, RunState::Queued);
}

#[tokio::test]
async fn texts_of_visitors_own_can_be_switched_off() {
    let ground = Ground::new().await;
    let off = Switches { edited_runs: false, ..Switches::default() };
    ground.playground.set_switches(&off, &audit(&ground)).await.unwrap();
    let edited = NewRun { edited: true, ..single("ada") };
    assert!(matches!(ground.playground.submit(edited).await, Err(SubmitError::EditedOff)));
    ground.playground.submit(single("ada")).await.unwrap();
}

#[tokio::test]
async fn what_is_configured_holds_until_operators_decide() {
    let settings = PlaygroundSettings { switches: mode(PlaygroundMode::ReadOnly), ..Default::default() };
    let ground = Ground::with(settings).await;
    assert!(matches!(ground.playground.submit(single("ada")).await, Err(SubmitError::Closed { .. })));
    ground.playground.set_switches(&Switches::default(), &audit(&ground)).await.unwrap();
    ground.playground.submit(single("ada")).await.unwrap();
}

#[tokio::test]
async fn what_is_decided_elsewhere_is_heeded_within_a_second() {
    let ground = Ground::new().await;
    ground.ready(&Scripted::new([]));
    ground.playground.submit(single("ada")).await.unwrap();
    let read_only = mode(PlaygroundMode::ReadOnly);
    ground.store.set_switches(&read_only, &audit(&ground)).await.unwrap();
    let decided = std::time::Instant::now();
    while ground.playground.switches() != read_only {
        tokio::task::yield_now().await;
        assert!(decided.elapsed().as_millis() < 2000, "it takes too long");
    }
    assert!(matches!(ground.playground.submit(single("bob")).await, Err(SubmitError::Closed { .. })));
}
