//! How commands are written, and what is said where they are written wrongly.

use crate::running::{content, done, failed, one_event, regatta};

#[test]
fn names_may_be_shortened_and_slips_are_told() {
    let event = |id: &str| format!("---\nid: {id}\ntitle: T\nsummary: S.\ndate: 2090-07-01\n---\nText.\n");
    let folder = content(&[
        ("site.yaml", "name: A\ntagline: T\ndescription: D\n"),
        ("events/hamburg-one.md", &event("hh-1")),
        ("events/hamburg-two.md", &event("hh-2")),
    ]);
    let show = |name: &str| regatta(folder.path(), &["event", "show", name]).output().unwrap();
    for name in ["hh-1", "hamburg-one", "hamburg-o"] {
        assert!(done(show(name)).contains("hamburg-one"), "{name}");
    }
    let (code, told) = failed(show("hamburg"));
    assert!(code == Some(1) && told.contains("hamburg-one, hamburg-two"), "{told}");
    let (code, told) = failed(show("hambrug-one"));
    assert!(code == Some(1) && told.contains("did you mean \"hamburg-one\"?"), "{told}");
    let none = regatta(folder.path(), &["registrations", "show", "aaaa"]).output().unwrap();
    assert!(failed(none).1.contains("there is no registration"));
}

#[test]
fn what_is_written_wrongly_ends_with_2() {
    let folder = one_event("capacity: 1");
    for (arguments, words) in [
        (vec!["registrations", "approve", "abcd"], "--reason"),
        (vec!["registrations", "list", "--state", "confirmd"], "did you mean \"confirmed\"?"),
        (vec!["mail", "list", "--state", "sents"], "did you mean \"sent\"?"),
        (vec!["event", "capacity", "open", "--reason", "r"], "--reset"),
        (vec!["event", "capacity", "open", "--in-person", "many", "--reason", "r"], "invalid value"),
        (vec!["registrations", "list", "--format", "xml"], "table, csv, json"),
        (vec!["registration", "list"], "registrations"),
    ] {
        let (code, told) = failed(regatta(folder.path(), &arguments).output().unwrap());
        assert_eq!(code, Some(2), "{arguments:?}: {told}");
        assert!(told.contains(words), "{arguments:?}: {told}");
    }
}

#[test]
fn somebody_has_to_answer_for_it() {
    let folder = one_event("capacity: 1");
    let close = ["event", "close", "open", "--reason", "r"];
    let nobody = regatta(folder.path(), &close).env_remove("USER").env_remove("LOGNAME").output().unwrap();
    assert!(failed(nobody).1.contains("--actor"));
    let behind_sudo =
        regatta(folder.path(), &close).env("SUDO_USER", "ada").env("USER", "root").output().unwrap();
    done(behind_sudo);
    let audit = done(regatta(folder.path(), &["audit"]).output().unwrap());
    assert!(audit.contains("ada") && !audit.contains("root"), "{audit}");
}

#[test]
fn returned_mail_needs_an_address_to_return_to() {
    let folder = one_event("capacity: 1");
    let bounce = |settings: &[(&str, &str)]| {
        let mut command =
            regatta(folder.path(), &["mail", "bounce", "--recipient", "bounces+x.y@example.org"]);
        failed(command.envs(settings.iter().copied()).stdin(std::process::Stdio::null()).output().unwrap())
    };
    let (code, told) = bounce(&[]);
    assert!(code == Some(1) && told.contains("mail.bounces"), "{told}");
    let (code, told) = bounce(&[("REGATTA__MAIL__BOUNCES", "bounces@example.org")]);
    assert!(code == Some(1) && !told.contains("mail.bounces is not"), "{told}");
    let unsuppress = ["mail", "unsuppress", "ada@example.org", "--reason", "r"];
    assert_eq!(failed(regatta(folder.path(), &unsuppress).output().unwrap()).0, Some(1));
    assert_eq!(
        done(regatta(folder.path(), &["mail", "suppressions", "--format", "csv"]).output().unwrap()),
        "address,since,why\r\n"
    );
}
