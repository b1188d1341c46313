//! What organizers decide at the command line while the portal runs, and that the portal tells whom it concerns.

use regatta::config::SecretKey;
use regatta_mail::ReturnPaths;
use serde_json::Value;

use crate::running::{Portal, done, failed, one_event, regatta};

const ADA: &str = "ada@example.org";
const BOB: &str = "bob@example.org";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The identity of the registration of this address.
fn id(portal: &Portal, address: &str) -> String {
    let listed =
        json(&portal.told(&["registrations", "list", "open", "--search", address, "--format", "json"]));
    listed[0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn an_approval_is_told_by_the_running_portal() {
    let folder = one_event("capacity: 2, approval: true");
    let portal = Portal::start(folder.path(), &[]);
    let manage = portal.seat("Ada", ADA);
    let id = id(&portal, ADA);
    let approved =
        portal.told(&["registrations", "approve", &id[..8], "--reason", "known to us", "--actor", "Eve"]);
    assert_eq!(approved, format!("{id}: confirmed\n"));
    portal.mail(ADA, |mail| mail.calendar.as_ref().is_some_and(|part| part.contains("METHOD:REQUEST")));
    assert!(portal.get(&manage).body.contains("You have a seat"));
    let again = portal.told(&["registrations", "approve", &id, "--reason", "twice"]);
    assert_eq!(again, format!("{id}: confirmed, as it was\n"));

    let audit = json(&portal.told(&["audit", "--subject", &id, "--format", "json"]));
    assert_eq!(audit.as_array().unwrap().len(), 1, "what was so already is not done again");
    let entry = &audit[0];
    assert_eq!(
        (&entry["actor"], &entry["action"], &entry["reason"]),
        (&"Eve".into(), &"approve".into(), &"known to us".into())
    );

    let shown = json(&portal.told(&["registrations", "show", &id, "--format", "json"]));
    let history = shown["history"].as_array().unwrap();
    assert_eq!(history.last().unwrap()["what"], "awaiting_approval to confirmed");
    assert_eq!(shown["mails"].as_array().unwrap().len(), 3);
    let table = portal.told(&["registrations", "show", &id]);
    assert!(table.contains("organizer Eve") && table.contains("confirm_seat"), "{table}");
}

#[test]
fn the_reason_of_a_decline_and_of_a_cancellation_is_told() {
    let folder = one_event("capacity: 2, approval: true");
    let portal = Portal::start(folder.path(), &[]);
    for (address, action, reason) in
        [(ADA, "decline", "for beginners only"), (BOB, "cancel", "the hall is too small")]
    {
        portal.seat("Visitor", address);
        portal.told(&["registrations", action, &id(&portal, address), "--reason", reason]);
        portal.mail(address, |mail| mail.text.contains(reason));
    }
    let after_all = ["registrations", "approve", &id(&portal, ADA), "--reason", "after all"];
    let (code, told) = failed(regatta(folder.path(), &after_all).output().unwrap());
    assert!(code == Some(1) && told.contains("declined"), "{told}");
}

#[test]
fn more_seats_go_to_the_waitlist_and_the_file_can_be_followed_again() {
    let folder = one_event("capacity: 1, waitlist: true");
    let portal = Portal::start(folder.path(), &[]);
    portal.seat("Ada", ADA);
    portal.seat("Bob", BOB);
    let event = || json(&portal.told(&["event", "show", "open", "--format", "json"]));
    assert_eq!((&event()["in_person_taken"], &event()["in_person_waiting"]), (&1.into(), &1.into()));
    let raised = portal.told(&["event", "capacity", "op", "--in-person", "2", "--reason", "bigger hall"]);
    assert!(
        raised.contains("2 seats on site by hand") && raised.contains("seated from the waitlist: 1"),
        "{raised}"
    );
    portal.mail(BOB, |mail| mail.calendar.is_some());
    assert_eq!((&event()["in_person_capacity"], &event()["registrations_confirmed"]), (&2.into(), &2.into()));
    assert!(event()["override_in_person"].as_str().unwrap().contains("the file says 1"));

    let closed = portal.told(&["event", "close", "open", "--reason", "enough"]);
    assert!(closed.contains("closed by hand"), "{closed}");
    assert!(portal.get("/events/open").body.contains("Whoever has a seat keeps it"));
    let reset = portal.told(&["event", "capacity", "open", "--reset", "--reason", "as planned"]);
    assert!(reset.contains("closed by hand") && !reset.contains("seats on site"), "{reset}");
    portal.told(&["event", "close", "open", "--reset", "--reason", "come in"]);
    assert_eq!(event()["registration"], "open");
    assert_eq!(event()["registrations_confirmed"], 2, "a capacity below the seats taken throws nobody out");
    let none =
        regatta(folder.path(), &["event", "capacity", "open", "--online", "5", "--reason", "r"]).output();
    assert!(failed(none.unwrap()).1.contains("no seats of this kind"));
}

#[test]
fn whoever_waits_can_be_seated_out_of_turn() {
    let folder = one_event("capacity: 1, waitlist: true");
    let portal = Portal::start(folder.path(), &[]);
    portal.seat("Ada", ADA);
    portal.seat("Bob", BOB);
    let bob = id(&portal, BOB);
    let seat = ["registrations", "seat", &bob, "--reason", "speaks"];
    let (code, told) = failed(regatta(folder.path(), &seat).output().unwrap());
    assert!(code == Some(1) && told.contains("0 seats are free"), "{told}");
    let seated = portal.told(&[&seat[..], &["--beyond-capacity"]].concat());
    assert_eq!(seated, format!("{bob}: confirmed\n"));
    portal.mail(BOB, |mail| mail.calendar.is_some());
}

#[test]
fn tickets_are_told_and_checked_in_at_the_door() {
    let folder = one_event("capacity: 2");
    let other = "---\nid: other\ntitle: Other\nsummary: S.\nstart: 2090-07-02 18:00\nzone: UTC\n---\nText.\n";
    std::fs::write(folder.path().join("content/events/other.md"), other).unwrap();
    let portal = Portal::start(folder.path(), &[]);
    let manage = portal.seat("Ada", ADA);
    let page = portal.get(&format!("{manage}/ticket")).body;
    let ticket = page.split("<code>").nth(1).unwrap().split("</code>").next().unwrap();
    let ticket = &ticket.replace("<span>", "").replace("</span>", "");
    let key = json(&portal.get("/tickets/key.json").body)["public_key"].as_str().unwrap().to_owned();
    let id = id(&portal, ADA);
    assert_eq!(portal.told(&["tickets", "verify", ticket]), format!("genuine: registration {id}, 1 seat\n"));
    // Whoever has the key needs nothing else of the portal.
    let elsewhere = tempfile::tempdir().unwrap();
    let verify = ["tickets", "verify", ticket, "--key", &key, "--event", "open"];
    assert!(regatta(elsewhere.path(), &verify).output().unwrap().status.success());
    assert!(!elsewhere.path().join("data").exists());
    for bad in [
        vec!["tickets", "verify", "NOTICKET"],
        vec!["tickets", "verify", ticket, "--key", &key, "--event", "other"],
    ] {
        assert_eq!(failed(regatta(elsewhere.path(), &bad).output().unwrap()).0, Some(1), "{bad:?}");
    }
    let at_the_other_door = ["registrations", "check-in", ticket, "--event", "other"];
    let (code, told) = failed(regatta(folder.path(), &at_the_other_door).output().unwrap());
    assert!(code == Some(1) && told.contains("is for open, not for other"), "{told}");
    let checked_in = portal.told(&["registrations", "check-in", ticket, "--event", "open"]);
    assert_eq!(checked_in, format!("{id}: attended\n"), "nothing was noted at the other door");
    assert_eq!(portal.told(&["registrations", "check-in", &id]), format!("{id}: attended, as it was\n"));
    assert_eq!(portal.told(&["registrations", "undo-check-in", &id]), format!("{id}: confirmed\n"));
}

#[test]
fn no_cell_of_an_export_is_a_formula() {
    let folder = one_event("capacity: 5, questions: [{id: say, ask: Say something}]");
    let portal = Portal::start(folder.path(), &[]);
    portal.sign_up("=1+cmd|' /C calc'!A0", ADA);
    let csv = portal.told(&["registrations", "export", "open"]);
    assert!(csv.contains(",'=1+cmd|' /C calc'!A0,"), "{csv}");
    assert!(
        csv.starts_with("id,event,place,state,name,email,")
            && csv.lines().next().unwrap().ends_with(",q-say")
    );
    let listed = json(&portal.told(&["registrations", "list", "--state", "held", "--format", "json"]));
    assert_eq!(listed[0]["name"], "=1+cmd|' /C calc'!A0", "programs read what was typed");
}

#[test]
fn mail_that_cannot_be_sent_is_looked_after() {
    let folder = one_event("capacity: 5");
    // Nobody listens there.
    let nowhere = [("REGATTA__MAIL__URL", "smtp://127.0.0.1:1")];
    let portal = Portal::start(folder.path(), &nowhere);
    portal.sign_up("Ada", ADA);
    let list = ["mail", "list", "--state", "retrying", "--to", "ADA@example.org", "--format", "json"];
    let mail = portal.until(|| json(&portal.told(&list)).get(0).cloned());
    let id = mail["id"].as_str().unwrap();
    assert_eq!((&mail["kind"], &mail["to"]), (&"confirm_seat".into(), &ADA.into()));
    let aborted = portal.told(&["mail", "abort", &id[..10], "--reason", "a test"]);
    assert_eq!(aborted, format!("{id}: abort, was retrying\n"));
    let (code, told) =
        failed(regatta(folder.path(), &["mail", "abort", id, "--reason", "r"]).output().unwrap());
    assert!(code == Some(1) && told.contains("aborted"), "{told}");
    assert_eq!(portal.told(&["mail", "retry", id, "--reason", "r"]), format!("{id}: retry, was aborted\n"));
    let ready = portal.until(|| {
        let ready = json(&portal.get("/readyz").body);
        (ready["mail"]["owed"] == 1).then_some(ready)
    });
    assert!(ready["mail"]["oldest_owed_seconds"].is_number());
    let audit = portal.told(&["audit", "--subject", id]);
    assert!(audit.contains("mail abort") && audit.contains("tester"), "{audit}");
}

#[test]
fn an_address_that_does_not_work_is_noted_by_its_returned_mail_alone() {
    let folder = one_event("capacity: 5");
    let bounces = [("REGATTA__MAIL__BOUNCES", "bounces@example.org")];
    let portal = Portal::start(folder.path(), &bounces);
    portal.sign_up("Ada", ADA);
    let id = portal.until(|| {
        let sent = json(&portal.told(&["mail", "list", "--state", "sent", "--format", "json"]));
        sent[0]["id"].as_str().map(str::to_owned)
    });
    let key = std::fs::read_to_string(folder.path().join("data/secret_key")).unwrap();
    let key: SecretKey = key.trim().parse().unwrap();
    let genuine = ReturnPaths::new(key.bytes(), &"bounces@example.org".parse().unwrap()).unwrap();
    let forged = ReturnPaths::new(&[7; 32], &"bounces@example.org".parse().unwrap()).unwrap();
    let returned = |paths: &ReturnPaths| {
        let report = format!(
            "From: <>\r\nTo: <{}>\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; \
             report-type=delivery-status; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n--x\r\n\
             Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n\
             Final-Recipient: rfc822; {ADA}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--x--\r\n",
            paths.of(&id.parse().unwrap())
        );
        let file = folder.path().join("returned.eml");
        std::fs::write(&file, report).unwrap();
        let mut command = regatta(folder.path(), &["mail", "bounce"]);
        command.envs(bounces).stdin(std::fs::File::open(file).unwrap()).output().unwrap()
    };
    let (code, told) = failed(returned(&forged));
    assert!(code == Some(1) && told.contains("return address of this portal"), "{told}");
    assert!(done(returned(&genuine)).contains("does not work"));
    assert!(portal.told(&["mail", "suppressions"]).contains(ADA));
    portal.told(&["mail", "unsuppress", "ADA@example.org", "--reason", "they told us"]);
    assert!(!portal.told(&["mail", "suppressions"]).contains(ADA));
    assert!(!portal.told(&["audit"]).contains(ADA), "the audit log names nobody");
}
