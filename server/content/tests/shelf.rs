//! The library while the program runs: changes are noticed, and nothing but a status cancels.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use regatta_content::{EventAddress, Shelf};
use regatta_domain::event::EventStatus;
use regatta_domain::ids::EventId;
use regatta_domain::ports::Schedule;

fn event(title: &str, more: &str) -> String {
    format!("---\nid: meetup\ntitle: {title}\nsummary: S.\ndate: 2030-01-01\n{more}---\n")
}

fn write(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn shelf(dir: &Path) -> Shelf {
    write(dir, "site.yaml", "name: Test\ntagline: T\ndescription: D.\n");
    write(dir, "events/meetup.md", &event("First", ""));
    Shelf::open(dir.to_path_buf(), Timestamp::UNIX_EPOCH)
}

fn id() -> EventId {
    "meetup".parse().unwrap()
}

#[test]
fn an_untouched_folder_is_not_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = shelf(dir.path());
    let before = shelf.library();
    assert!(!shelf.refresh());
    assert!(Arc::ptr_eq(&before, &shelf.library()));
}

#[test]
fn a_change_is_shown_and_what_is_held_stays_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = shelf(dir.path());
    let held = shelf.library();
    write(dir.path(), "events/meetup.md", &event("Second title", ""));
    assert!(shelf.refresh());
    assert_eq!(shelf.library().events()[0].title, "Second title");
    assert_eq!(shelf.event(&id()).unwrap().title, "Second title");
    assert_eq!(held.events()[0].title, "First");
}

#[test]
fn a_broken_or_missing_file_changes_nothing_for_the_desk() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = shelf(dir.path());
    write(dir.path(), "events/meetup.md", "broken");
    assert!(shelf.refresh());
    assert_eq!(shelf.library().problems().len(), 1);
    assert_eq!(shelf.event(&id()).unwrap().status, EventStatus::Published);

    fs::remove_file(dir.path().join("events/meetup.md")).unwrap();
    assert!(shelf.refresh());
    assert!(shelf.library().events().is_empty());
    assert_eq!(shelf.event(&id()).unwrap().status, EventStatus::Published);

    write(dir.path(), "events/meetup.md", &event("First", "status: cancelled\n"));
    assert!(shelf.refresh());
    assert_eq!(shelf.event(&id()).unwrap().status, EventStatus::Cancelled);
    assert!(shelf.event(&"another".parse().unwrap()).is_none());
}

#[test]
fn a_file_that_breaks_is_shown_as_it_last_was_until_it_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let files = [
        ("ambassadors/ada.md", "---\nname: Ada\nsummary: S.\n---\n"),
        ("pages/about.md", "---\ntitle: About\nsummary: S.\n---\n"),
        ("posts/news.md", "---\ntitle: News\nsummary: S.\n---\n"),
    ];
    for (path, text) in files {
        write(dir.path(), path, text);
    }
    let shelf = shelf(dir.path());
    let talk = "formerly: [earlier]\nagenda: [{title: T, speakers: [{name: Ada, ambassador: ada}]}]\n";
    write(dir.path(), "events/meetup.md", &event("Second", talk));
    assert!(shelf.refresh());

    let paths = files.map(|(path, _)| path).into_iter().chain(["events/meetup.md", "site.yaml"]);
    let paths: Vec<&str> = paths.collect();
    for broken in ["broken", "broken once more"] {
        for path in &paths {
            write(dir.path(), path, broken);
        }
        assert!(shelf.refresh());
        let library = shelf.library();
        assert_eq!(library.problems().len(), paths.len(), "{:?}", library.problems());
        assert_eq!(library.post("news").unwrap().title, "News");
        assert_eq!(library.page("about").unwrap().title, "About");
        assert_eq!(library.ambassador("ada").unwrap().name, "Ada");
        assert_eq!(library.site().name, "Test");
        let shown = library.event(&id()).unwrap();
        assert_eq!(shown.title, "Second");
        assert!(shown.agenda[0].speakers[0].ambassador.is_some());
        assert!(matches!(library.event_by_slug("earlier"), Some(EventAddress::Moved(_))));
    }

    for path in &paths {
        fs::remove_file(dir.path().join(path)).unwrap();
    }
    assert!(shelf.refresh());
    let library = shelf.library();
    assert!(library.post("news").is_none() && library.page("about").is_none());
    assert!(library.ambassador("ada").is_none() && library.events().is_empty());
}

#[test]
fn a_folder_that_is_gone_for_a_moment_takes_nothing_along() {
    let parent = tempfile::tempdir().unwrap();
    let (dir, away) = (parent.path().join("content"), parent.path().join("away"));
    write(&dir, "events/meetup.md", &event("A meetup", ""));
    let shelf = shelf(&dir);
    fs::rename(&dir, &away).unwrap();
    assert!(!shelf.refresh());
    assert_eq!(shelf.library().events().len(), 1);
    fs::rename(&away, &dir).unwrap();
    write(&dir, "events/meetup.md", &event("Its new name", ""));
    assert!(shelf.refresh());
    assert_eq!(shelf.library().events()[0].title, "Its new name");
}

#[test]
fn a_held_event_links_to_nobody_who_left() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "ambassadors/ada.md", "---\nname: Ada\nsummary: S.\n---\n");
    let shelf = shelf(dir.path());
    let talk = "agenda: [{title: T, speakers: [{name: Ada, ambassador: ada}]}]\n";
    write(dir.path(), "events/meetup.md", &event("Second", talk));
    assert!(shelf.refresh());
    write(dir.path(), "events/meetup.md", "broken");
    fs::remove_file(dir.path().join("ambassadors/ada.md")).unwrap();
    assert!(shelf.refresh());
    let shown = shelf.library().event(&id()).unwrap();
    assert_eq!((shown.title.as_str(), &shown.agenda[0].speakers[0].ambassador), ("Second", &None));
}

#[test]
fn a_renamed_event_is_the_same_and_its_old_address_leads_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = shelf(dir.path());
    fs::remove_file(dir.path().join("events/meetup.md")).unwrap();
    write(dir.path(), "events/new-name.md", &event("First", "formerly: [meetup]\n"));
    assert!(shelf.refresh());
    assert_eq!(shelf.event(&id()).unwrap().slug.as_str(), "new-name");
    let Some(EventAddress::Moved(slug)) = shelf.library().event_by_slug("meetup") else { panic!() };
    assert_eq!(slug.as_str(), "new-name");
    assert!(matches!(shelf.library().event_by_slug("new-name"), Some(EventAddress::Here(_))));
    assert!(shelf.library().event_by_slug("no-such-event").is_none());
}

#[test]
fn a_draft_is_seen_by_the_desk_and_by_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = shelf(dir.path());
    write(
        dir.path(),
        "events/meetup.md",
        &event("Secret", "status: draft\nformerly: [earlier]\nseries: evenings\n"),
    );
    write(dir.path(), "series/evenings.md", "---\ntitle: Evenings\nsummary: S.\n---\n");
    assert!(shelf.refresh());
    let library = shelf.library();
    assert!(library.problems().is_empty(), "{:?}", library.problems());
    assert!(library.events().is_empty() && library.event(&id()).is_none());
    assert!(library.upcoming_events(Timestamp::UNIX_EPOCH).is_empty());
    assert!(library.past_events(Timestamp::MAX).is_empty());
    assert!(library.dates_of(&"evenings".parse().unwrap()).is_empty());
    assert!(library.event_by_slug("meetup").is_none() && library.event_by_slug("earlier").is_none());
    assert_eq!(library.drafts()[0].title, "Secret");
    assert_eq!(shelf.event(&id()).unwrap().status, EventStatus::Draft);
    assert_eq!(shelf.events().len(), 1);

    write(dir.path(), "events/meetup.md", "broken");
    assert!(shelf.refresh());
    assert!(shelf.library().event_by_slug("meetup").is_none(), "a draft that breaks stays one");
    assert_eq!(shelf.library().drafts()[0].title, "Secret");
}

#[test]
fn the_desk_remembers_series_and_events_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = shelf(dir.path());
    let evenings = "evenings".parse().unwrap();
    assert!(shelf.series(&evenings).is_none());
    write(dir.path(), "series/evenings.md", "---\ntitle: Evenings\nsummary: S.\n---\nText\n");
    write(dir.path(), "events/meetup.md", &event("First", "series: evenings\n"));
    let earlier = "---\nid: earlier\ntitle: Earlier\nsummary: S.\ndate: 2029-01-01\n---\n";
    write(dir.path(), "events/earlier.md", earlier);
    assert!(shelf.refresh());
    let titles = || shelf.events().iter().map(|event| event.title.clone()).collect::<Vec<_>>();
    assert_eq!(titles(), ["Earlier", "First"]);
    assert_eq!(shelf.library().dates_of(&evenings)[0].title, "First");
    assert_eq!(shelf.library().series("evenings").unwrap().title, "Evenings");

    write(dir.path(), "series/evenings.md", "broken");
    assert!(shelf.refresh());
    assert_eq!(shelf.library().series("evenings").unwrap().title, "Evenings");
    assert_eq!(shelf.library().dates_of(&evenings).len(), 1);
    for path in ["series/evenings.md", "events/earlier.md"] {
        fs::remove_file(dir.path().join(path)).unwrap();
    }
    assert!(shelf.refresh());
    assert!(shelf.library().series("evenings").is_none());
    assert_eq!(shelf.series(&evenings).unwrap().title, "Evenings");
    assert_eq!(titles(), ["Earlier", "First"]);
    assert_eq!(shelf.site_name(), "Test");
}

#[tokio::test(start_paused = true)]
async fn watching_reads_changed_files_again() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Arc::new(shelf(dir.path()));
    let watching = tokio::spawn(Arc::clone(&shelf).watch(Duration::from_secs(1)));
    write(dir.path(), "posts/news.md", "---\ntitle: News\nsummary: S.\n---\n");
    let noticed = async {
        while shelf.library().post("news").is_none() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(10), noticed).await.unwrap();
    watching.abort();
}
