//! Copies of the database: for keeping, and to another engine.

use regatta_trial_database::TrialServer;

use crate::running::{Portal, done, failed, one_event, regatta};

const ADA: &str = "ada@example.org";

#[test]
fn a_copy_made_while_the_portal_runs_can_be_used_in_its_place() {
    let folder = one_event("capacity: 5");
    let portal = Portal::start(folder.path(), &[]);
    portal.seat("Ada", ADA);
    let copy = folder.path().join("copy.db");
    let told = portal.told(&["backup", copy.to_str().unwrap()]);
    assert!(told.contains("secret_key"), "what else is to be kept is said: {told}");
    portal.seat("Bob", "bob@example.org");
    let listed = |database: &str| {
        let mut command = regatta(folder.path(), &["registrations", "list", "--format", "csv"]);
        done(command.env("REGATTA__DATABASE__URL", database).output().unwrap())
    };
    let restored = listed(&format!("sqlite:{}", copy.display()));
    assert!(restored.contains(ADA) && !restored.contains("bob@"), "{restored}");
    let (code, told) = failed(regatta(folder.path(), &["backup", copy.to_str().unwrap()]).output().unwrap());
    assert!(code == Some(1) && told.contains("exists already"), "{told}");
}

#[tokio::test]
async fn everything_moves_to_postgresql_in_one_command_and_links_go_on_working() {
    let database = TrialServer::shared().database().await;
    let folder = one_event("capacity: 5");
    let manage = {
        let portal = Portal::start(folder.path(), &[]);
        portal.seat("Ada", ADA)
    };
    let moved = done(regatta(folder.path(), &["database", "move", "--to", &database]).output().unwrap());
    let rows = |table: &str| {
        let line =
            moved.lines().find(|line| line.starts_with(table)).unwrap_or_else(|| panic!("{table}: {moved}"));
        line.split_whitespace().nth(1).unwrap().parse::<u32>().unwrap()
    };
    assert_eq!((rows("registrations"), rows("outbox")), (1, 2));
    let again = regatta(folder.path(), &["database", "move", "--to", &database]).output().unwrap();
    assert!(failed(again).1.contains("has rows"), "nothing is overwritten");
    let portal = Portal::start(folder.path(), &[("REGATTA__DATABASE__URL", &database)]);
    let page = portal.get(&manage);
    assert!(page.status == 200 && page.body.contains("You have a seat"), "{}", page.body);
}
