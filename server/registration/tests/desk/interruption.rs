//! A visitor who goes away, or a program that stops, in the middle of anything.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use regatta_registration::{RegisterError, SeenTo};
use regatta_store::outbox::MailKind;
use sqlx::{AssertSqlSafe, Connection, Executor};

use crate::harbour::{Engine, Harbour, application, last_part, meetup};

on_each_engine!(an_event_out_of_order_holds_no_other_up);

/// Goes on with `work` so many times, then drops it where it stands. `None` where that was before its end.
async fn interrupted<F: Future>(work: F, after: usize) -> Option<F::Output> {
    let mut work = pin!(work);
    let mut steps = 0;
    poll_fn(|context| {
        if steps == after {
            return Poll::Ready(None);
        }
        steps += 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

/// Begins with `work`, up to the first moment at which it waits for something.
async fn begun<F: Future>(work: &mut Pin<Box<F>>) {
    poll_fn(|context| {
        assert!(work.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
}

/// Whatever the moment, the seat and its mail are both there or both not, and nobody else is held up.
#[tokio::test]
async fn who_goes_away_is_registered_with_a_mail_or_not_at_all() {
    let harbour = Harbour::with_seats(1000).await;
    for moment in 0..30 {
        let who = format!("leaver{moment}");
        let mut leaving = Box::pin(harbour.register(&who));
        begun(&mut leaving).await;
        for _ in 0..moment {
            tokio::task::yield_now().await;
        }
        drop(leaving);
        // Whoever comes next is served after those before.
        harbour.register(&format!("visitor{moment}")).await.unwrap();
        let (taken, _) = harbour.seats().await;
        assert_eq!(taken, harbour.store.health().await.unwrap().owed, "at moment {moment}");
    }
    let (taken, _) = harbour.seats().await;
    assert!((30..=60).contains(&taken), "{taken}");
}

/// Who left while standing in line is passed over; those around are served.
#[tokio::test]
async fn who_leaves_the_line_takes_nobody_along() {
    let harbour = Harbour::with_seats(1000).await;
    let mut visitors = ["ada", "leaver", "bob"].map(|who| Box::pin(harbour.register(who)));
    for visitor in &mut visitors {
        begun(visitor).await;
    }
    let [ada, leaver, bob] = visitors;
    drop(leaver);
    let (ada, bob) = tokio::join!(ada, bob);
    assert!(ada.is_ok() && bob.is_ok());
    assert_eq!(harbour.seats().await, (2, 0));
    assert!(harbour.store.by_address("leaver@example.org").await.unwrap().is_empty());
}

/// What is wrong with one of many who are registered together is told to that one alone.
#[tokio::test]
async fn one_that_cannot_be_stored_keeps_nobody_else_out() {
    let harbour = Harbour::with_seats(1000).await;
    let mut aside = sqlx::SqliteConnection::connect(&harbour.url).await.unwrap();
    aside
        .execute(
            "create trigger no_mallory before insert on registrations when new.name = 'mallory'
             begin select raise(abort, 'not her'); end",
        )
        .await
        .unwrap();
    // The first one is served alone; the others stand in line meanwhile.
    let mut visitors = ["first", "ada", "mallory", "bob"].map(|who| Box::pin(harbour.register(who)));
    for visitor in &mut visitors {
        begun(visitor).await;
    }
    let [first, ada, mallory, bob] = visitors;
    let (first, ada, mallory, bob) = tokio::join!(first, ada, mallory, bob);
    assert!(first.is_ok() && ada.is_ok() && bob.is_ok());
    assert!(matches!(mallory, Err(RegisterError::Store(_))), "{mallory:?}");
    assert_eq!(harbour.seats().await, (3, 0));
    assert_eq!(harbour.store.health().await.unwrap().owed, 3);
}

/// Where nothing can be stored, everybody is told so, and not one after the other's patience.
#[tokio::test]
async fn a_store_out_of_order_is_told_to_everybody_in_line() {
    let harbour = Harbour::with_seats(1000).await;
    harbour.store.close().await;
    let names: Vec<_> = (0..10).map(|visitor| format!("visitor{visitor}")).collect();
    let mut visitors: Vec<_> = names.iter().map(|who| Box::pin(harbour.register(who))).collect();
    for visitor in &mut visitors {
        begun(visitor).await;
    }
    let mut answers = Vec::new();
    for visitor in visitors {
        answers.push(visitor.await);
    }
    let failed = answers.iter().filter(|answer| matches!(answer, Err(RegisterError::Store(_)))).count();
    let not_tried = answers.iter().filter(|answer| matches!(answer, Err(RegisterError::Interrupted))).count();
    assert_eq!((failed, not_tried), (2, 8), "{answers:?}");
}

/// A clerk that goes with its runtime leaves nobody waiting for an answer that never comes.
#[test]
fn when_the_desk_stops_nobody_waits_for_ever() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (outer, inner) = (runtime(), runtime());
    let harbour = outer.block_on(Harbour::with_seats(1));
    let mut waiting = Box::pin(harbour.register("ada"));
    // The clerk is called, and goes before it has served.
    inner.block_on(begun(&mut waiting));
    drop(inner);
    let answer = outer.block_on(waiting);
    assert!(matches!(answer, Err(RegisterError::Interrupted)), "{answer:?}");
    outer.block_on(harbour.register("bob")).unwrap();
}

/// The seat moves from one to the other with both mails, or stays where it was with none.
#[tokio::test]
async fn a_seat_moves_on_wholly_or_not_at_all() {
    for steps in 0.. {
        let harbour = Harbour::with_seats(1).await;
        let ada = harbour.join("ada").await;
        let bob = harbour.join("bob").await;
        let answer = interrupted(harbour.desk.cancel(&ada), steps).await;
        // The next transaction can only begin once what was interrupted is undone.
        drop(harbour.store.begin(std::slice::from_ref(&harbour.event)).await.unwrap());
        let moved = harbour.store.health().await.unwrap().owed;
        assert!(moved == 0 || moved == 2, "after {steps} steps {moved} mails");
        assert_eq!(harbour.seats().await, (1, u32::from(moved == 0)));
        let waits = harbour.desk.look(&bob).await.unwrap().waitlist_position;
        assert_eq!(waits.is_some(), moved == 0);
        if let Some(answer) = answer {
            assert_eq!(last_part(&answer.unwrap().manage_path), ada);
            break;
        }
    }
}

/// Whoever comes while too many stand in line is turned away at once, and everybody else is served.
#[tokio::test]
async fn no_line_grows_for_ever() {
    let harbour = Harbour::with_seats(20_000).await;
    // Nobody is served while somebody else is at the desk.
    let busy = harbour.store.begin(std::slice::from_ref(&harbour.event)).await.unwrap();
    let names: Vec<_> = (0..10_000).map(|visitor| format!("visitor{visitor}")).collect();
    let mut visitors: Vec<_> = names.iter().map(|who| Box::pin(harbour.register(who))).collect();
    let mut turned_away = 0;
    for visitor in &mut visitors {
        let answer = poll_fn(|context| Poll::Ready(visitor.as_mut().poll(context))).await;
        if let Poll::Ready(answer) = answer {
            assert!(matches!(answer, Err(RegisterError::TooMany)), "{answer:?}");
            turned_away += 1;
        }
    }
    assert!(turned_away > 0);
    drop(visitors);
    drop(busy);
    // There is room again once the clerk has seen that they left.
    while let Err(RegisterError::TooMany) = harbour.register("ada").await {
        tokio::task::yield_now().await;
    }
    assert_eq!(harbour.store.by_address("ada@example.org").await.unwrap().len(), 1);
}

/// Has the database refuse a `change` of rows in `table`.
async fn refuse(harbour: &Harbour, engine: Engine, table: &str, change: &str, when: &str) {
    let raise = match engine {
        Engine::Sqlite => {
            format!("create trigger refuse_{table} before {change} on {table} when {when} begin select raise(abort, 'no'); end")
        }
        Engine::Postgres => format!(
            "create function refuse_{table}() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
             create trigger refuse_{table} before {change} on {table} for each row when ({when})
             execute function refuse_{table}()"
        ),
    };
    match engine {
        Engine::Sqlite => {
            let mut aside = sqlx::SqliteConnection::connect(&harbour.url).await.unwrap();
            aside.execute(AssertSqlSafe(raise)).await.unwrap();
        }
        Engine::Postgres => {
            let mut aside = sqlx::PgConnection::connect(&harbour.url).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(raise)).execute(&mut aside).await.unwrap();
        }
    }
}

/// Whatever is wrong with the rows of one event, what time does goes on at all others.
async fn an_event_out_of_order_holds_no_other_up(engine: Engine) {
    let harbour = Harbour::on(engine, 2).await;
    // Seen to before the others, by its name and by its start.
    let mut first = meetup("aground", 2);
    crate::news::moved_by(&mut first, -1);
    harbour.programme.declare(first);
    let aground = "aground".parse().unwrap();
    for event in [&aground, &harbour.event] {
        harbour.desk.register(event, application("ada")).await.unwrap();
        let confirm = harbour.only_mail().await.token();
        harbour.desk.confirm(&confirm).await.unwrap();
        harbour.desk.register(event, application("bob")).await.unwrap();
        harbour.collect().await;
    }
    harbour.herald().await;
    refuse(&harbour, engine, "registrations", "update", "new.event = 'aground' and new.state = 'expired'")
        .await;
    harbour.clock.minutes(30);
    harbour.desk.sweep().await.unwrap_err();
    assert_eq!(harbour.seats().await, (1, 0));
    let of_aground = "substr(new.once, 1, 3) in ('day', 'aft') and new.registration in ('X')";
    let mine = harbour.store.by_address("ada@example.org").await.unwrap();
    let id = &mine.iter().find(|one| one.event == aground).unwrap().id;
    refuse(&harbour, engine, "outbox", "insert", &of_aground.replace('X', id.as_str())).await;
    harbour.clock.days(6);
    harbour.clock.minutes(-30);
    harbour.desk.remind(&mut SeenTo::default()).await.unwrap_err();
    assert_eq!(harbour.only_mail().await.kind(), MailKind::DayBefore);
    harbour.clock.days(5);
    harbour.desk.wrap_up().await.unwrap_err();
    assert_eq!(harbour.only_mail().await.kind(), MailKind::Afterwards);
}
