//! Random histories: whatever visitors, owners, time and organizers do in whatever order, the rules hold.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use regatta_domain::ids::RegistrationId;
use regatta_domain::registration::{Registration, RegistrationState as State};
use regatta_domain::seats::{Attendance, Quotas, Seats};
use regatta_registration::{Answer, Application, Change, ChangeError, OrganizerError, RegisterError};
use regatta_store::desk::RegistrationFilter;
use regatta_store::outbox::MailKind;

use crate::harbour::{Engine, Harbour, application, last_part, organizer};

const VISITORS: u8 = 6;

#[derive(Clone, Debug)]
enum Deed {
    Register(u8, Attendance, u32),
    /// Right after a sweep, so that the answer can be foretold from what everybody sees.
    SweepAndRegister(u8, Attendance, u32),
    /// By the newest link of this visitor.
    Confirm(u8),
    Cancel(u8),
    Change(u8, Option<Attendance>, Option<u32>),
    Approve(u8),
    Decline(u8),
    OutOfTurn(u8),
    CheckIn(u8),
    Sweep,
    Minutes(i64),
    Capacity(Attendance, u32),
}

fn any_deed() -> impl Strategy<Value = Deed> {
    let kind = || proptest::sample::select(&Attendance::ALL[..]);
    prop_oneof![
        5 => (0..VISITORS, kind(), 1..4u32).prop_map(|(who, kind, party)| Deed::Register(who, kind, party)),
        3 => (0..VISITORS, kind(), 1..4u32).prop_map(|(who, kind, party)| Deed::SweepAndRegister(who, kind, party)),
        6 => (0..VISITORS).prop_map(Deed::Confirm),
        3 => (0..VISITORS).prop_map(Deed::Cancel),
        4 => (0..VISITORS, proptest::option::of(kind()), proptest::option::of(1..4u32))
            .prop_map(|(who, kind, party)| Deed::Change(who, kind, party)),
        2 => (0..VISITORS).prop_map(Deed::Approve),
        1 => (0..VISITORS).prop_map(Deed::Decline),
        1 => (0..VISITORS).prop_map(Deed::OutOfTurn),
        1 => (0..VISITORS).prop_map(Deed::CheckIn),
        1 => Just(Deed::Sweep),
        2 => (1..40i64).prop_map(Deed::Minutes),
        2 => (kind(), 0..6u32).prop_map(|(kind, capacity)| Deed::Capacity(kind, capacity)),
    ]
}

/// The event as it stands: every registration ever made, by identity.
type Standing = BTreeMap<RegistrationId, Registration>;

struct History {
    harbour: Harbour,
    quotas: Quotas,
    waitlist: bool,
    /// The newest token to confirm of each visitor.
    links: BTreeMap<u8, String>,
    standing: Standing,
    promotions_mailed: BTreeSet<RegistrationId>,
}

impl History {
    async fn begin(engine: Engine, quotas: Quotas, waitlist: bool, approval: bool) -> Self {
        let harbour = Harbour::on(engine, 0).await;
        harbour.edit_policy(|policy| {
            policy.quotas = quotas;
            policy.waitlist = waitlist;
            policy.approval = approval;
            policy.party_size = 3;
        });
        let (links, standing) = (BTreeMap::new(), Standing::new());
        Self { harbour, quotas, waitlist, links, standing, promotions_mailed: BTreeSet::new() }
    }

    fn capacity(&self, attendance: Attendance) -> u32 {
        self.quotas.capacity(attendance).unwrap_or(0)
    }

    async fn live_through(&mut self, deed: &Deed) {
        match deed {
            Deed::Register(visitor, kind, party) => match self.register(*visitor, *kind, *party).await {
                Ok(_) | Err(RegisterError::Full) => {}
                Err(other) => panic!("{other}"),
            },
            Deed::SweepAndRegister(visitor, kind, party) => {
                self.foretell_and_register(*visitor, *kind, *party).await;
            }
            Deed::Confirm(visitor) => {
                if let Some(token) = self.links.get(visitor) {
                    // May be refused; that it leaves everything in order is what counts here.
                    self.harbour.desk.confirm(token).await.ok();
                }
            }
            Deed::Cancel(visitor) => {
                if let Some(token) = self.manage_token(*visitor).await {
                    self.harbour.desk.cancel(&token).await.unwrap();
                }
            }
            Deed::Change(visitor, attendance, party) => self.change(*visitor, *attendance, *party).await,
            Deed::Approve(_) | Deed::Decline(_) | Deed::OutOfTurn(_) | Deed::CheckIn(_) => {
                self.organize(deed).await;
            }
            Deed::Sweep => drop(self.harbour.desk.sweep().await.unwrap()),
            Deed::Minutes(minutes) => self.harbour.clock.minutes(*minutes),
            Deed::Capacity(kind, capacity) => self.set_capacity(*kind, *capacity).await,
        }
        self.read_mail().await;
    }

    async fn register(&self, visitor: u8, kind: Attendance, party: u32) -> Result<Answer, RegisterError> {
        let form = application(&format!("visitor{visitor}"));
        self.harbour.apply(Application { attendance: Some(kind), party, ..form }).await
    }

    /// The answer must follow from what everybody can see.
    async fn foretell_and_register(&self, visitor: u8, kind: Attendance, party: u32) {
        self.harbour.desk.sweep().await.unwrap();
        let seats = self.harbour.desk.seats(&self.harbour.event).await.unwrap().of(kind);
        let capacity = self.capacity(kind);
        let open = seats.open_to_newcomers(capacity) >= party;
        match self.register(visitor, kind, party).await {
            Ok(Answer::SeatHeld { .. }) => assert!(open),
            Ok(Answer::OnWaitlist) => assert!(!open && self.waitlist && party <= capacity),
            Err(RegisterError::Full) => assert!(!open && (!self.waitlist || party > capacity)),
            Err(other) => panic!("{other}"),
        }
    }

    async fn manage_token(&self, visitor: u8) -> Option<String> {
        let token = self.links.get(&visitor)?;
        let view = self.harbour.desk.look(token).await.unwrap();
        Some(last_part(&view.manage_path))
    }

    async fn change(&self, visitor: u8, attendance: Option<Attendance>, party: Option<u32>) {
        let Some(token) = self.manage_token(visitor).await else { return };
        let change = Change { attendance, party, ..Change::default() };
        match self.harbour.desk.change(&token, change).await {
            Ok(_) | Err(ChangeError::NoRoom | ChangeError::Settled(_) | ChangeError::Form(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }

    async fn organize(&self, deed: &Deed) {
        let (Deed::Approve(visitor)
        | Deed::Decline(visitor)
        | Deed::OutOfTurn(visitor)
        | Deed::CheckIn(visitor)) = deed
        else {
            return;
        };
        let Some(link) = self.links.get(visitor) else { return };
        let id = self.harbour.desk.look(link).await.unwrap().registration.id;
        let (desk, by) = (&self.harbour.desk, organizer(""));
        let done = match deed {
            Deed::Approve(_) => desk.approve(&id, &by).await,
            Deed::Decline(_) => desk.decline(&id, &by).await,
            Deed::OutOfTurn(_) => desk.seat_out_of_turn(&id, false, &by).await,
            _ => desk.check_in(&id, &by).await,
        };
        match done {
            Ok(_) | Err(OrganizerError::Refused(_) | OrganizerError::Full { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }

    async fn set_capacity(&mut self, kind: Attendance, capacity: u32) {
        let event = &self.harbour.event;
        self.harbour.desk.set_capacity(event, kind, capacity, &organizer("")).await.unwrap();
        match kind {
            Attendance::InPerson => self.quotas.in_person = Some(capacity),
            Attendance::Online => self.quotas.online = Some(capacity),
        }
    }

    async fn read_mail(&mut self) {
        for mail in self.harbour.collect().await {
            if matches!(mail.kind(), MailKind::ConfirmSeat | MailKind::ConfirmWaitlist) {
                let visitor = mail.to()["visitor".len()..].split('@').next().unwrap().parse().unwrap();
                self.links.insert(visitor, mail.token());
            }
            if mail.kind() == MailKind::Promoted {
                assert!(self.promotions_mailed.insert(mail.registration().clone()), "told twice");
            }
        }
    }

    async fn stand_now(&self) -> Standing {
        let filter = RegistrationFilter { limit: 1000, ..RegistrationFilter::default() };
        let all = self.harbour.store.list(&filter).await.unwrap();
        all.into_iter().map(|one| (one.id.clone(), one)).collect()
    }

    /// What must hold after every deed, seen against how things stood before it.
    async fn check(&mut self, deed: &Deed) {
        let now = self.stand_now().await;
        let (before, seats) = (count(&self.standing), count(&now));
        assert_eq!(seats, self.harbour.desk.seats(&self.harbour.event).await.unwrap(), "counted wrongly");
        for kind in Attendance::ALL {
            let (taken, capacity) = (seats.of(kind).taken, self.capacity(kind));
            assert!(
                taken <= capacity.max(before.of(kind).taken),
                "oversold: {seats:?} of {capacity} {kind:?}"
            );
            self.assert_no_seat_is_kept_back(deed, &now, kind);
        }
        assert_each_address_is_live_once(&now);
        self.assert_nobody_overtook(deed, &now);
        self.assert_no_newcomer_overtook(&now);
        self.assert_nobody_was_thrown_out(deed, &now);
        self.assert_every_move_is_in_the_history(&now).await;
        self.standing = now;
    }

    fn assert_no_seat_is_kept_back(&self, deed: &Deed, now: &Standing, kind: Attendance) {
        if matches!(deed, Deed::Confirm(_) | Deed::Minutes(_) | Deed::Approve(_) | Deed::CheckIn(_))
            || matches!(deed, Deed::Change(..) | Deed::Cancel(_) | Deed::Decline(_) | Deed::OutOfTurn(_))
            || matches!(deed, Deed::Register(..) if count(now) == count(&self.standing))
        {
            // It may have led nowhere; then nobody had to look.
            return;
        }
        let first = now
            .values()
            .filter(|one| one.state == State::Waitlisted && one.attendance == kind)
            .min_by_key(|one| one.place);
        if let Some(first) = first {
            let free = count(now).of(kind).free(self.capacity(kind));
            assert!(free < first.party, "{free} seats are kept from {first:?}");
        }
    }

    /// Seats went to those who waited by place, in each line.
    fn assert_nobody_overtook(&self, deed: &Deed, now: &Standing) {
        if matches!(deed, Deed::OutOfTurn(_)) {
            return;
        }
        let before = |one: &Registration| self.standing.get(&one.id);
        for seated in now.values().filter(|one| one.state.takes_a_seat()) {
            if !before(seated).is_some_and(|it| it.state.waits()) {
                continue;
            }
            let passed = now.values().find(|one| {
                one.state == State::Waitlisted
                    && one.place < seated.place
                    && one.attendance == seated.attendance
                    && before(one)
                        .is_some_and(|it| it.state == State::Waitlisted && it.attendance == one.attendance)
            });
            assert!(passed.is_none(), "{seated:?} overtook {passed:?}");
        }
    }

    /// Whoever got a seat on arrival left enough for each who had come before and still waits, confirmed or not.
    fn assert_no_newcomer_overtook(&self, now: &Standing) {
        let newcomer = |one: &&Registration| one.state == State::Held && !self.standing.contains_key(&one.id);
        let Some(newcomer) = now.values().find(newcomer) else { return };
        let kind = newcomer.attendance;
        let earlier = now.values().filter(|one| one.place < newcomer.place && one.attendance == kind);
        let awaited: u32 = earlier.filter(|one| one.state.waits()).map(|one| one.party).sum();
        let left = count(now).of(kind).free(self.capacity(kind));
        assert!(left >= awaited, "{newcomer:?} overtook {awaited}, with {left} seats left");
    }

    /// A seat is lost to its owner's wish, to a decision about it, or to the end of its hold: to nothing else.
    fn assert_nobody_was_thrown_out(&self, deed: &Deed, now: &Standing) {
        for (id, before) in self.standing.iter().filter(|(_, one)| one.state.takes_a_seat()) {
            match now[id].state {
                State::Expired => assert_eq!(before.state, State::Held),
                State::Cancelled => assert!(matches!(deed, Deed::Cancel(_))),
                State::Declined => assert!(matches!(deed, Deed::Decline(_))),
                state => assert!(state.takes_a_seat(), "{before:?} lost its seat by {deed:?}"),
            }
        }
    }

    async fn assert_every_move_is_in_the_history(&self, now: &Standing) {
        for (id, one) in now {
            if self.standing.get(id).is_none_or(|before| before.state != one.state) {
                let history = self.harbour.store.history(id).await.unwrap();
                let last = history.last().map(|entry| format!("{:?}", entry.what)).unwrap_or_default();
                let told = last.contains(&format!("{:?}", one.state)) || last == "SeatedOutOfTurn";
                assert!(told, "{one:?} after {history:?}");
            }
        }
    }
}

fn count(standing: &Standing) -> Seats {
    let mut seats = Seats::default();
    for one in standing.values() {
        let count = seats.of_mut(one.attendance);
        if one.state.takes_a_seat() {
            count.taken += one.party;
        } else if one.state.waits() {
            count.waiting += one.party;
        }
    }
    seats
}

fn assert_each_address_is_live_once(standing: &Standing) {
    let mut seen = BTreeSet::new();
    for one in standing.values().filter(|one| one.state.is_live()) {
        assert!(seen.insert(one.email.normalized()), "{} is registered twice", one.email);
    }
}

fn live(engine: Engine, quotas: Quotas, waitlist: bool, approval: bool, deeds: &[Deed]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut history = History::begin(engine, quotas, waitlist, approval).await;
        for deed in deeds {
            history.live_through(deed).await;
            history.check(deed).await;
        }
        history.harbour.store.close().await;
    });
}

fn any_quotas() -> impl Strategy<Value = Quotas> {
    (0..6u32, 0..4u32).prop_map(|(site, web)| Quotas { in_person: Some(site), online: Some(web) })
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn the_rules_hold_in_every_history(
        quotas in any_quotas(),
        waitlist in proptest::bool::weighted(0.8),
        approval in proptest::bool::weighted(0.3),
        deeds in proptest::collection::vec(any_deed(), 1..40),
    ) {
        live(Engine::Sqlite, quotas, waitlist, approval, &deeds);
    }
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn the_rules_hold_in_every_history_kept_by_a_server(
        quotas in any_quotas(),
        approval in proptest::bool::weighted(0.3),
        deeds in proptest::collection::vec(any_deed(), 1..40),
    ) {
        live(Engine::Postgres, quotas, true, approval, &deeds);
    }
}
