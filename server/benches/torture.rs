//! `make torture`: the portal is killed without warning (SIGKILL) at random moments of a crowd at the door, started again
//! each time, and in the end everything must add up: what was acknowledged is stored, once; seats are counted right;
//! every mail that is owed was taken by the mail server once, or is listed as unknown with its reason.
//!
//! `KILLS` (100), `SEED` (from the clock) and `DATABASE` (`sqlite` or `postgres`) in the environment change it. A seed
//! that failed fails again only as far as the machine's timing does.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a torture reports and stops"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use regatta_domain::registration::{Registration, RegistrationState};
use regatta_store::Store;
use regatta_store::desk::RegistrationFilter;
use regatta_store::outbox::{MailFilter, MailState};
use regatta_trial_database::{Durability, TrialServer};
use support::figures::machine_load;
use support::mail_server::{MailServer, Taken};
use support::portal::{MEETUP, Setup};
use support::web;
use tokio::time::sleep;

/// Visitors who register at the same time, and readers of mail who confirm.
const VISITORS: u32 = 24;
const READERS: u32 = 4;
/// Seats: fewer than visitors, so that there is a line.
const SEATS: u32 = 400;
/// A life of the portal lasts so long, in milliseconds.
const LIFE: std::ops::Range<u64> = 20..900;
/// How long a visitor rests before the next one takes the place: together they are as many as `make load` sends in.
const REST: Duration = Duration::from_millis(150);
/// How long the mail may take to be out in the end: the leases of those who were killed must lapse first.
const PATIENCE: Duration = Duration::from_mins(4);

/// What visitors were told.
#[derive(Default)]
struct Told {
    /// Addresses whose registration was acknowledged.
    registered: Mutex<BTreeSet<String>>,
    /// Addresses whose confirmation was acknowledged.
    confirmed: Mutex<BTreeSet<String>>,
    attempts: AtomicU32,
    over: AtomicBool,
}

fn main() {
    // `cargo test --benches` calls every bench with this; there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(torture());
}

async fn torture() {
    let kills: u32 = std::env::var("KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(100);
    let mut dice =
        Dice(std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(some_seed));
    let postgres = std::env::var("DATABASE").is_ok_and(|engine| engine == "postgres");
    let folder = tempfile::tempdir().unwrap();
    let server = postgres.then(|| TrialServer::start(Durability::Full));
    let database = match &server {
        Some(server) => Some(server.database().await),
        None => None,
    };
    let (mail, mail_port) = MailServer::start().await;
    let setup = Setup::new(folder.path(), SEATS, mail_port, database.as_deref());
    println!("{kills} kills, seed {}, {}", dice.0, if postgres { "PostgreSQL" } else { "SQLite" });
    println!("settings: {}; load of the machine before: {}", setup.told(), machine_load());

    let told = Arc::new(Told::default());
    let crowd = crowd(setup.port, &told, &mail);
    for _ in 0..kills {
        let portal = setup.start();
        sleep(Duration::from_millis(dice.within(LIFE))).await;
        portal.kill();
    }
    let portal = setup.start();
    // The last life serves everybody who is still at the door, and the last mails are read.
    sleep(Duration::from_secs(3)).await;
    told.over.store(true, Ordering::Relaxed);
    for one in crowd {
        one.await.unwrap();
    }
    let store = regatta_store::open(&setup.database()).await.expect("the database opens beside the portal");
    let waited = wait_for_mail(&*store).await;
    println!("all mail settled {:.1} s after the last kill", waited.as_secs_f64());
    let fine = add_up(&*store, &told, &mail).await;
    store.close().await;
    drop(portal);
    assert!(fine, "it does not add up");
}

/// Everybody at the door, and everybody who reads their mail.
fn crowd(port: u16, told: &Arc<Told>, mail: &MailServer) -> Vec<tokio::task::JoinHandle<()>> {
    let visitors = (0..VISITORS).map(|number| tokio::spawn(keep_coming(port, number, Arc::clone(told))));
    let readers =
        (0..READERS).map(|number| tokio::spawn(keep_reading(port, number, Arc::clone(told), mail.clone())));
    visitors.chain(readers).collect()
}

/// Registers one address after the other; one that got no answer tries again, as people do.
async fn keep_coming(port: u16, visitor: u32, told: Arc<Told>) {
    for number in 0.. {
        let address = format!("visitor{visitor}-{number}@example.org");
        while !told.over.load(Ordering::Relaxed) {
            told.attempts.fetch_add(1, Ordering::Relaxed);
            if acknowledged(port, &address).await {
                told.registered.lock().unwrap().insert(address.clone());
                sleep(REST).await;
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
        if told.over.load(Ordering::Relaxed) {
            return;
        }
    }
}

async fn acknowledged(port: u16, address: &str) -> bool {
    let Ok(form) = web::get(port, &format!("/events/{MEETUP}")).await else { return false };
    let answer = web::register(port, MEETUP, &form, address).await;
    answer.is_ok_and(|answer| answer.status == 303)
}

/// Follows the links in mails that ask to confirm.
async fn keep_reading(port: u16, reader: u32, told: Arc<Told>, mail: MailServer) {
    let mut read = 0;
    while !told.over.load(Ordering::Relaxed) {
        let new = mail.since(read);
        if new.is_empty() {
            sleep(Duration::from_millis(20)).await;
        }
        for (at, letter) in (read..).zip(&new) {
            if at % READERS as usize == reader as usize {
                confirm(port, letter, &told).await;
            }
        }
        read += new.len();
    }
}

async fn confirm(port: u16, letter: &Taken, told: &Told) {
    let Some(link) = letter.link("/registrations/confirm/") else { return };
    let Some(path) = link.find("/registrations/").map(|at| link[at..].to_owned()) else { return };
    while !told.over.load(Ordering::Relaxed) {
        match web::post(port, &path, &[]).await {
            Ok(answer) if answer.status == 303 => {
                told.confirmed.lock().unwrap().insert(letter.recipient.clone());
                return;
            }
            Ok(answer) if answer.status < 500 => return,
            _ => sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn wait_for_mail(store: &dyn Store) -> Duration {
    let began = Instant::now();
    while store.health().await.unwrap().owed > 0 && began.elapsed() < PATIENCE {
        sleep(Duration::from_millis(200)).await;
    }
    began.elapsed()
}

/// Compares what was told, what is stored and what the mail server took. Tells each mismatch.
async fn add_up(store: &dyn Store, told: &Told, mail: &MailServer) -> bool {
    let stored = everything(store).await;
    let mut findings = Vec::new();
    check_registrations(&stored, told, &mut findings);
    check_seats(store, &stored, &mut findings).await;
    let unknown = check_mail(store, mail, &mut findings).await;
    println!(
        "{} attempts, {} acknowledged, {} stored, {} confirmations acknowledged, {} mails taken, {unknown} unknown",
        told.attempts.load(Ordering::Relaxed),
        told.registered.lock().unwrap().len(),
        stored.len(),
        told.confirmed.lock().unwrap().len(),
        mail.count(),
    );
    println!("load of the machine after: {}", machine_load());
    for finding in findings.iter().take(20) {
        println!("  WRONG: {finding}");
    }
    println!("{} findings", findings.len());
    findings.is_empty()
}

async fn everything(store: &dyn Store) -> Vec<Registration> {
    let mut all: Vec<Registration> = Vec::new();
    loop {
        let after = all.last().map(|last| (last.event.clone(), last.place));
        let page = store
            .list(&RegistrationFilter { after, limit: 1000, ..RegistrationFilter::default() })
            .await
            .unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

fn check_registrations(stored: &[Registration], told: &Told, findings: &mut Vec<String>) {
    let mut live: BTreeMap<String, Vec<&Registration>> = BTreeMap::new();
    for registration in stored.iter().filter(|one| one.state.is_live()) {
        live.entry(registration.email.to_string()).or_default().push(registration);
    }
    for address in told.registered.lock().unwrap().iter() {
        if !live.contains_key(address) {
            findings.push(format!("{address} was acknowledged and is not stored"));
        }
    }
    for (address, several) in live.iter().filter(|(_, several)| several.len() > 1) {
        findings.push(format!("{address} is stored {} times", several.len()));
    }
    for address in told.confirmed.lock().unwrap().iter() {
        let state = live.get(address).map(|several| several[0].state);
        if !matches!(state, Some(RegistrationState::Confirmed | RegistrationState::Waitlisted)) {
            findings.push(format!("{address} was told it is confirmed and is {state:?}"));
        }
    }
}

async fn check_seats(store: &dyn Store, stored: &[Registration], findings: &mut Vec<String>) {
    let counted = store.seats(&MEETUP.parse().unwrap()).await.unwrap().in_person;
    let seats = |of: fn(RegistrationState) -> bool| -> u32 {
        stored.iter().filter(|one| of(one.state)).map(|one| one.party).sum()
    };
    let (taken, waiting) = (seats(RegistrationState::takes_a_seat), seats(RegistrationState::waits));
    if (counted.taken, counted.waiting) != (taken, waiting) {
        findings.push(format!("the desk counts {counted:?}, there are {taken} taken and {waiting} waiting"));
    }
    if taken > SEATS {
        findings.push(format!("{taken} seats taken of {SEATS}"));
    }
    println!("{taken} seats taken of {SEATS}, {waiting} waiting");
}

async fn check_mail(store: &dyn Store, server: &MailServer, findings: &mut Vec<String>) -> usize {
    let taken = server.by_message();
    let mails = store.mails(&MailFilter { limit: 1_000_000, ..MailFilter::default() }).await.unwrap();
    let mut unknown = 0;
    for mail in &mails {
        let times = taken.get(mail.id.as_str()).copied().unwrap_or(0);
        match mail.state {
            MailState::Sent if times == 1 => {}
            MailState::Dropped if times == 0 => {}
            MailState::Unknown if times <= 1 && mail.why.is_some() => unknown += 1,
            state => findings.push(format!("the mail {} is {state:?} and was taken {times} times", mail.id)),
        }
    }
    if mails.len() < taken.len() {
        findings.push(format!("{} mails are stored, {} were taken", mails.len(), taken.len()));
    }
    unknown
}

/// A small generator of random numbers (xorshift64*, Vigna 2016), so that a seed tells the whole story.
struct Dice(u64);

impl Dice {
    fn within(&mut self, range: std::ops::Range<u64>) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        range.start + self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % (range.end - range.start)
    }
}

fn some_seed() -> u64 {
    let since_1970 = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    u64::try_from(since_1970.as_nanos() & u128::from(u64::MAX)).unwrap_or(1).max(1)
}
