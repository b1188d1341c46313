//! How much is sent in a minute: counted over all workers, moved by the hand clock.

use crate::support::smtp_server::SmtpServer;
use crate::support::world::World;
use jiff::SignedDuration;
use regatta_store::outbox::Rates;

const MINUTE: SignedDuration = SignedDuration::from_secs(61);

#[tokio::test]
async fn no_more_is_sent_in_a_minute_than_is_allowed_by_however_many_workers() {
    for world in [World::new().await, World::on_postgres().await] {
        let server = SmtpServer::start([]).await;
        let rates = Rates { per_minute: Some(5), per_domain: None };
        let (one, other) = (world.worker_at(&server.url(), rates), world.worker_at(&server.url(), rates));
        world.owe_many(12).await;
        for expected in [5, 5, 2, 0] {
            let (by_one, by_other) = tokio::join!(world.deliver(&one), world.deliver(&other));
            assert_eq!(by_one + by_other, expected);
            assert_eq!(world.deliver(&one).await, 0, "not within the same minute");
            world.clock.advance(MINUTE);
        }
        assert_eq!(server.received_ids().len(), 12);
    }
}

#[tokio::test]
async fn a_domain_that_has_had_enough_does_not_hold_up_the_others() {
    for world in [World::new().await, World::on_postgres().await] {
        let server = SmtpServer::start([]).await;
        let rates = Rates { per_minute: None, per_domain: Some(2) };
        let worker = world.worker_at(&server.url(), rates);
        for number in 0..4 {
            world.owe_to(&format!("visitor{number}@large.example.org")).await;
        }
        world.owe_to("visitor@small.example.org").await;
        assert_eq!(world.deliver(&worker).await, 3);
        let mut to: Vec<String> = server.received().into_iter().flat_map(|mail| mail.to).collect();
        to.sort();
        assert_eq!(
            to,
            ["visitor0@large.example.org", "visitor1@large.example.org", "visitor@small.example.org"]
        );
        world.clock.advance(MINUTE);
        assert_eq!(world.deliver(&worker).await, 2);
    }
}
