//! Random histories: whatever visitors, owners, time and organizers do in whatever order, the rules hold.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use regatta_domain::ids::RegistrationId;
use regatta_domain::registration::{Registration, RegistrationState as State, SeatCount};
use regatta_registration::{Answer, RegisterError};
use regatta_store::outbox::MailKind;

use crate::harbour::{Harbour, last_part};

const VISITORS: u8 = 6;

#[derive(Clone, Debug)]
enum Deed {
    Register(u8),
    /// Right after a sweep, so that the answer can be foretold from what everybody sees.
    SweepAndRegister(u8),
    /// By the newest link of this visitor.
    Confirm(u8),
    Cancel(u8),
    Sweep,
    Minutes(i64),
    Capacity(u32),
}

fn any_deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0..VISITORS).prop_map(Deed::Register),
        3 => (0..VISITORS).prop_map(Deed::SweepAndRegister),
        5 => (0..VISITORS).prop_map(Deed::Confirm),
        3 => (0..VISITORS).prop_map(Deed::Cancel),
        1 => Just(Deed::Sweep),
        2 => (1..40i64).prop_map(Deed::Minutes),
        1 => (0..5u32).prop_map(Deed::Capacity),
    ]
}

/// The event as it stands: every registration ever made, by identity.
type Standing = BTreeMap<RegistrationId, Registration>;

struct History {
    harbour: Harbour,
    capacity: u32,
    waitlist: bool,
    /// The newest token to confirm of each visitor.
    links: BTreeMap<u8, String>,
    standing: Standing,
    promotions_mailed: BTreeSet<RegistrationId>,
}

impl History {
    async fn begin(capacity: u32, waitlist: bool) -> Self {
        let harbour = Harbour::with_seats(capacity).await;
        harbour.programme.edit_policy(&harbour.event, |policy| policy.waitlist = waitlist);
        Self {
            harbour,
            capacity,
            waitlist,
            links: BTreeMap::new(),
            standing: Standing::new(),
            promotions_mailed: BTreeSet::new(),
        }
    }

    async fn live_through(&mut self, deed: &Deed) {
        match deed {
            Deed::Register(visitor) => match self.register(*visitor).await {
                Ok(_) | Err(RegisterError::Full) => {}
                Err(other) => panic!("{other}"),
            },
            Deed::SweepAndRegister(visitor) => self.foretell_and_register(*visitor).await,
            Deed::Confirm(visitor) => {
                if let Some(token) = self.links.get(visitor) {
                    // May be refused; that it leaves everything in order is what counts here.
                    self.harbour.desk.confirm(token).await.ok();
                }
            }
            Deed::Cancel(visitor) => {
                if let Some(token) = self.links.get(visitor) {
                    let view = self.harbour.desk.look(token).await.unwrap();
                    self.harbour.desk.cancel(&last_part(&view.manage_path)).await.unwrap();
                }
            }
            Deed::Sweep => drop(self.harbour.desk.sweep().await.unwrap()),
            Deed::Minutes(minutes) => self.harbour.clock.minutes(*minutes),
            Deed::Capacity(capacity) => {
                self.capacity = *capacity;
                self.harbour.programme.edit_policy(&self.harbour.event, |policy| policy.capacity = *capacity);
            }
        }
        self.read_mail().await;
    }

    async fn register(&self, visitor: u8) -> Result<Answer, RegisterError> {
        self.harbour.register(&format!("visitor{visitor}")).await
    }

    /// The answer must follow from what everybody can see.
    async fn foretell_and_register(&self, visitor: u8) {
        self.harbour.desk.sweep().await.unwrap();
        let seats = self.harbour.desk.seats(&self.harbour.event).await.unwrap();
        let open = seats.open_to_newcomers(self.capacity);
        match self.register(visitor).await {
            Ok(Answer::SeatHeld { .. }) => assert!(open > 0),
            Ok(Answer::OnWaitlist) => assert!(open == 0 && self.waitlist),
            Err(RegisterError::Full) => assert!(open == 0 && !self.waitlist),
            Err(other) => panic!("{other}"),
        }
    }

    async fn read_mail(&mut self) {
        for mail in self.harbour.collect().await {
            let id = &mail.claimed.mail.registration;
            let registration = self.harbour.registration(id).await;
            self.standing.entry(id.clone()).or_insert_with(|| {
                let mut as_it_came = registration.clone();
                as_it_came.state = State::HeldForWaitlist;
                as_it_came
            });
            if matches!(mail.kind(), MailKind::ConfirmSeat | MailKind::ConfirmWaitlist) {
                let visitor = mail.to()["visitor".len()..].split('@').next().unwrap().parse().unwrap();
                self.links.insert(visitor, mail.token());
            }
            if mail.kind() == MailKind::Promoted {
                assert!(self.promotions_mailed.insert(id.clone()), "told twice");
            }
        }
    }

    async fn stand_now(&self) -> Standing {
        let mut now = Standing::new();
        for id in self.standing.keys() {
            now.insert(id.clone(), self.harbour.registration(id).await);
        }
        now
    }

    /// What must hold after every deed, seen against how things stood before it.
    async fn check(&mut self, deed: &Deed, taken_before: u32) {
        let now = self.stand_now().await;
        let seats = count(&now);
        assert_eq!(seats, self.harbour.desk.seats(&self.harbour.event).await.unwrap());
        assert!(seats.taken <= self.capacity.max(taken_before), "oversold: {seats:?} of {}", self.capacity);
        assert_each_address_is_live_once(&now);
        self.assert_nobody_overtook(&now);
        self.assert_no_newcomer_overtook(&now);
        if matches!(deed, Deed::Register(_) | Deed::SweepAndRegister(_) | Deed::Sweep) {
            let waiting = now.values().any(|one| one.state == State::Waitlisted);
            assert!(!waiting || seats.free(self.capacity) == 0, "a seat is kept from those who wait");
        }
        self.standing = now;
    }

    /// Seats went to those who waited before they went to newcomers, and by place.
    fn assert_nobody_overtook(&self, now: &Standing) {
        let Some(first_waiting) =
            now.values().filter(|one| one.state == State::Waitlisted).map(|one| one.place).min()
        else {
            return;
        };
        for (id, one) in now {
            let before = self.standing.get(id).map(|one| one.state);
            let got_a_seat = one.state.takes_a_seat() && !before.is_some_and(State::takes_a_seat);
            assert!(!got_a_seat || one.place < first_waiting, "{one:?} overtook place {first_waiting}");
        }
    }

    /// Whoever got a seat on arrival left one for each who had come before and still waits, confirmed or not.
    fn assert_no_newcomer_overtook(&self, now: &Standing) {
        let newcomer = |(id, one): &(&RegistrationId, &Registration)| {
            one.state == State::Held
                && self.standing.get(*id).is_none_or(|before| before.state != State::Held)
        };
        let Some((_, newcomer)) = now.iter().find(newcomer) else { return };
        let earlier = now.values().filter(|one| one.place < newcomer.place);
        let passed_over = earlier.filter(|one| one.state.is_live() && !one.state.takes_a_seat()).count();
        let left = count(now).free(self.capacity);
        assert!(left as usize >= passed_over, "{newcomer:?} overtook {passed_over}, with {left} seats left");
    }
}

fn count(standing: &Standing) -> SeatCount {
    let number = |wanted: fn(State) -> bool| {
        u32::try_from(standing.values().filter(|one| wanted(one.state)).count()).unwrap()
    };
    SeatCount {
        taken: number(State::takes_a_seat),
        waiting: number(|state| matches!(state, State::HeldForWaitlist | State::Waitlisted)),
    }
}

fn assert_each_address_is_live_once(standing: &Standing) {
    let mut seen = BTreeSet::new();
    for one in standing.values().filter(|one| one.state.is_live()) {
        assert!(seen.insert(one.email.normalized()), "{} is registered twice", one.email);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_rules_hold_in_every_history(
        capacity in 0..4u32,
        waitlist: bool,
        deeds in proptest::collection::vec(any_deed(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut history = History::begin(capacity, waitlist).await;
            for deed in &deeds {
                let taken_before = count(&history.standing).taken;
                history.live_through(deed).await;
                history.check(deed, taken_before).await;
            }
        });
    }
}
