//! `make load`: a crowd at the door. Ten thousand visitors come within a minute for five thousand seats, each with a
//! connection of their own: they open the meetup's page, send the form, and read the answer. They come when they come,
//! however slow the portal is by then (an open loop), and their wait counts from the moment they meant to come.
//!
//! The portal has the machine to itself but for the crowd, which runs at low priority beside it. `ARRIVALS`, `SECONDS` and
//! `SEATS` in the environment change the size of it, `DATABASE` the engine: `sqlite` (the default) or `postgres`.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a bench reports and stops"
)]

mod support;

use std::time::{Duration, Instant};

use regatta_trial_database::{Durability, TrialServer};
use support::figures::{machine_load, milliseconds, quantile, report};
use support::mail_server::MailServer;
use support::portal::{MEETUP, Portal, Setup};
use support::web;
use tokio::time::{Instant as Moment, sleep, sleep_until};

/// Pages that have nothing to do with the crowd.
const OTHER_PAGES: [&str; 3] = ["/", "/events", "/posts/screwdriver-kata-containers"];
/// How often one of them is asked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How much nicer than the portal the crowd is (nice(2)).
const NICENESS: i32 = 10;

/// What one visitor met.
struct Visit {
    form: Duration,
    answer: Duration,
    whole: Duration,
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Seat,
    Waitlist,
    /// Anything but a seat or a place in line, by its status; 0 where no answer came at all.
    Refused(u16),
}

fn from_environment(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn main() {
    // `cargo test --benches` calls every bench with this; there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(crowd());
}

async fn crowd() {
    let arrivals = from_environment("ARRIVALS", 10_000);
    let within = Duration::from_secs(from_environment("SECONDS", 60).into());
    let seats = from_environment("SEATS", 5_000);
    let folder = tempfile::tempdir().unwrap();
    let postgres = std::env::var("DATABASE").is_ok_and(|engine| engine == "postgres");
    let server = postgres.then(|| TrialServer::start(Durability::Full));
    let database = match &server {
        Some(server) => Some(server.database().await),
        None => None,
    };
    let (mail, mail_port) = MailServer::start().await;
    let setup = Setup::new(folder.path(), seats, mail_port, database.as_deref());
    let portal = setup.start();
    println!(
        "{arrivals} arrivals in {within:?} for {seats} seats, {}",
        if postgres { "PostgreSQL" } else { "SQLite" }
    );
    println!("settings: {}", setup.told());
    println!("load of the machine before: {}", machine_load());

    let idle = look_around(portal.port, Moment::now() + Duration::from_secs(5)).await;
    let _ = rustix::process::nice(NICENESS);
    let began = Moment::now() + Duration::from_millis(200);
    let looking = tokio::spawn(look_around(portal.port, began + within));
    let visits = arrive(portal.port, arrivals, within, began).await;
    let others = looking.await.unwrap();

    tell(&visits, &idle, &others);
    settle_up(&setup, &portal, &mail, &visits, seats).await;
}

/// Sends the crowd in, evenly, and waits for the last of them.
async fn arrive(port: u16, arrivals: u32, within: Duration, began: Moment) -> Vec<Visit> {
    let visitors: Vec<_> = (0..arrivals)
        .map(|number| {
            let at = began + within * number / arrivals;
            tokio::spawn(async move {
                sleep_until(at).await;
                visit(port, number, at).await
            })
        })
        .collect();
    let mut visits = Vec::with_capacity(visitors.len());
    for visitor in visitors {
        visits.push(visitor.await.unwrap());
    }
    visits
}

async fn visit(port: u16, number: u32, meant_to_come: Moment) -> Visit {
    let address = format!("visitor{number}@example.org");
    let form = web::get(port, &format!("/events/{MEETUP}")).await;
    let form_took = meant_to_come.elapsed();
    let sent = Instant::now();
    let answered = match &form {
        Ok(form) if form.status == 200 => web::register(port, MEETUP, form, &address).await,
        _ => Err(std::io::ErrorKind::NotConnected.into()),
    };
    let answer = sent.elapsed();
    let end = match answered {
        Ok(accepted) if accepted.status == 303 => read(port, &accepted.location.unwrap_or_default()).await,
        Ok(refused) => End::Refused(refused.status),
        Err(_) => End::Refused(0),
    };
    Visit { form: form_took, answer, whole: meant_to_come.elapsed(), end }
}

/// Reads the page that the form leads to.
async fn read(port: u16, path: &str) -> End {
    match web::get(port, path).await {
        Ok(page) if page.status == 200 && path.contains("place=seat") => End::Seat,
        Ok(page) if page.status == 200 && path.contains("place=waitlist") => End::Waitlist,
        Ok(page) => End::Refused(page.status),
        Err(_) => End::Refused(0),
    }
}

/// Somebody who reads other pages until this moment.
async fn look_around(port: u16, until: Moment) -> Vec<Duration> {
    let mut waits = Vec::new();
    let mut next = Moment::now();
    for page in OTHER_PAGES.iter().cycle() {
        if next >= until {
            break;
        }
        sleep_until(next).await;
        let page = web::get(port, page).await.expect("another page answers");
        assert_eq!(page.status, 200);
        waits.push(next.elapsed());
        next += LOOK_EVERY;
    }
    waits
}

fn tell(visits: &[Visit], idle: &[Duration], others: &[Duration]) {
    let all = |part: fn(&Visit) -> Duration| visits.iter().map(part).collect::<Vec<_>>();
    report("GET the form", &all(|visit| visit.form));
    report("POST the form", &all(|visit| visit.answer));
    report("form, POST, answer", &all(|visit| visit.whole));
    report("other pages, idle", idle);
    report("other pages, in the crowd", others);
    let wanted = (quantile(idle, 0.99) * 2).max(Duration::from_millis(50));
    println!("wanted: p99 of form and POST ≤ 500 ms, of other pages ≤ {:.1} ms", milliseconds(wanted));
    println!("load of the machine after: {}", machine_load());
}

/// Compares what visitors were told with what is stored, and waits until every mail is out.
async fn settle_up(setup: &Setup, portal: &Portal, mail: &MailServer, visits: &[Visit], seats: u32) {
    let told = |end: End| visits.iter().filter(|visit| visit.end == end).count();
    let (seated, waiting) = (told(End::Seat), told(End::Waitlist));
    let mut others: Vec<u16> = visits
        .iter()
        .filter_map(|v| if let End::Refused(status) = v.end { Some(status) } else { None })
        .collect();
    others.sort_unstable();
    others.dedup();
    println!(
        "told: {seated} seats, {waiting} on the waitlist, {} others {others:?}",
        visits.len() - seated - waiting
    );

    let store = regatta_store::open(&setup.database()).await.expect("the database opens beside the portal");
    let event = MEETUP.parse().unwrap();
    let stored = store.seats(&event).await.unwrap().in_person;
    println!("stored: {} seats taken of {seats}, {} waiting", stored.taken, stored.waiting);
    assert_eq!(
        usize::try_from(stored.taken).unwrap(),
        seated,
        "every seat that was told is stored, and no other"
    );
    assert_eq!(usize::try_from(stored.waiting).unwrap(), waiting, "every place in line too");
    assert!(stored.taken <= seats, "never more seats than there are");

    let drained = Instant::now();
    let mut left = store.health().await.unwrap().owed;
    println!("mails owed when the last answer was read: {left}; taken by the mail server: {}", mail.count());
    while left > 0 && drained.elapsed() < Duration::from_mins(10) {
        sleep(Duration::from_millis(200)).await;
        left = store.health().await.unwrap().owed;
    }
    let doubled = mail.by_message().values().filter(|times| **times > 1).count();
    println!(
        "all mail out after another {:.1} s: {} taken, {doubled} of them twice; memory {:.1} MiB",
        drained.elapsed().as_secs_f64(),
        mail.count(),
        portal.resident_mib()
    );
    assert_eq!(doubled, 0);
    store.close().await;
}
