//! One broken file for every rule, and the words in which its author learns of it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use regatta_content::Library;
use tempfile::TempDir;

const SITE: &str = "name: Test\ntagline: A tagline\ndescription: A description.\n";

/// A folder with a site file, one sound event and one ambassador, and the files given.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let sound: [(&str, &[u8]); 3] = [
        ("site.yaml", SITE.as_bytes()),
        ("ambassadors/ada.md", b"---\nname: Ada\nsummary: A pioneer.\n---\n"),
        (
            "events/sound.md",
            b"---\nid: sound\ntitle: Sound\nsummary: All is well.\ndate: 2020-01-01\n---\nText\n",
        ),
    ];
    for (path, content) in sound.iter().chain(files) {
        write(dir.path(), path, content);
    }
    dir
}

fn write(dir: &Path, path: &str, content: &[u8]) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn started() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn load(dir: &TempDir) -> Library {
    Library::load(dir.path(), started())
}

fn told(library: &Library) -> String {
    library.problems().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What is told of an event with these lines of front matter. The sound event must be untouched by it.
fn of_event(lines: &str) -> String {
    let text = format!("---\nid: e\ntitle: E\nsummary: S.\n{lines}---\nText\n");
    let dir = folder(&[("events/e.md", text.as_bytes())]);
    let library = load(&dir);
    assert!(library.event_by_slug("sound").is_some(), "one broken file must not touch the others");
    told(&library)
}

/// The same, where the event must still be shown.
fn of_file(path: &str, text: &str) -> String {
    told(&load(&folder(&[(path, text.as_bytes())])))
}

macro_rules! rules {
    ($($name:ident: $told:expr;)*) => {
        $(
            #[test]
            fn $name() {
                let told = $told;
                assert!(!told.is_empty(), "nothing was told");
                insta::assert_snapshot!(stringify!($name), told);
            }
        )*
    };
}

const START: &str = "start: 2030-05-01 18:00\nzone: Europe/Berlin\n";

fn with_start(lines: &str) -> String {
    of_event(&format!("{START}{lines}"))
}

fn with_question(questions: &str) -> String {
    with_start(&format!("registration: {{capacity: 5, questions: [{questions}]}}\n"))
}

rules! {
    no_front_matter: of_file("posts/p.md", "Just text\n");
    front_matter_without_end: of_file("posts/p.md", "---\ntitle: P\n");
    yaml_syntax: of_file("posts/p.md", "---\ntitle: P: Q\nsummary: S.\n---\n");
    unknown_key: of_file("posts/p.md", "---\ntitle: P\nsumary: S.\nsummary: S.\n---\n");
    missing_key: of_file("posts/p.md", "---\ntitle: P\n---\n");
    duplicate_key: of_file("posts/p.md", "---\ntitle: P\ntitle: Q\nsummary: S.\n---\n");
    empty_title: of_file("posts/p.md", "---\ntitle: ' '\nsummary: S.\n---\n");
    long_title: of_file("posts/p.md", &format!("---\ntitle: {}\nsummary: S.\n---\n", "t".repeat(201)));
    post_without_a_real_day: of_file("posts/p.md", "---\ntitle: P\nsummary: S.\ndate: 2020-02-30\n---\n");
    language_that_is_none: of_file("posts/p.md", "---\ntitle: P\nsummary: S.\nlang: '\"><b>'\n---\n");
    file_name_that_is_no_slug: of_file("posts/My Post.md", "---\ntitle: P\nsummary: S.\n---\n");
    file_that_nothing_reads: of_file("posts/p.txt", "text");
    folder_in_a_folder: of_file("posts/2020/p.md", "---\ntitle: P\nsummary: S.\n---\n");
    page_at_an_address_of_the_portal: of_file("pages/events.md", "---\ntitle: P\nsummary: S.\n---\n");
    link_to_a_script: of_file("posts/p.md", "---\ntitle: P\nsummary: S.\n---\nText\n\nSee [this](javascript:alert).\n");
    image_from_elsewhere: of_file("posts/p.md", "---\ntitle: P\nsummary: S.\n---\n![x](https://example.org/x.png)\n");
    raw_html: of_file("posts/p.md", "---\ntitle: P\nsummary: S.\n---\nA\n\n<script>\nalert()\n</script>\n");
    url_that_is_none: of_file(
        "ambassadors/bob.md",
        "---\nname: Bob\nsummary: S.\nlinks:\n  - {title: X, url: 'javascript:alert(1)'}\n---\n"
    );
    site_with_a_wrong_contact: of_file("site.yaml", &format!("{SITE}contact: nobody\n"));
    pipeline_at_an_address_of_the_portal: of_file("pipelines/new.yaml", "# P\n");
    demo_in_a_text_that_is_none: of_file(
        "pages/p.md",
        "---\ntitle: P\nsummary: S.\n---\nText\n\n```pipeline\ndemo: regata\n```\n",
    );
    mistake_in_a_pipeline_in_a_text: of_file(
        "pages/p.md",
        "---\ntitle: P\nsummary: S.\n---\nText\n\n```pipeline\njobs:\n  a:\n    imgae: x\n```\n",
    );
    pipeline_that_cannot_be_read: of_file("pipelines/p.yaml", "# P\njobs:\n  a:\n    imgae: x\n");

    event_without_a_time: of_event("");
    event_with_day_and_start: with_start("date: 2030-05-01\n");
    start_without_zone: of_event("start: 2030-05-01 18:00\n");
    start_that_is_none: of_event("start: 2030-05-01\nzone: Europe/Berlin\n");
    day_with_zone_and_end: of_event("date: 2030-05-01\nend: 2030-05-02 10:00\nzone: Europe/Berlin\n");
    zone_that_is_none: of_event("start: 2030-05-01 18:00\nzone: Europe/Berlim\n");
    zone_in_other_case: of_event("start: 2030-05-01 18:00\nzone: europe/berlin\n");
    zone_by_its_letters: of_event("start: 2030-05-01 18:00\nzone: PDT\n");
    start_that_clocks_leave_out: of_event("start: 2030-03-31 02:30\nzone: Europe/Berlin\n");
    start_that_comes_twice: of_event("start: 2030-10-27 02:30\nzone: Europe/Berlin\n");
    end_before_start: with_start("end: 2030-05-01 17:00\n");
    status_that_is_none: with_start("status: canceled\n");
    identity_that_is_none: of_file("events/x.md", "---\nid: My Event\ntitle: E\nsummary: S.\ndate: 2020-01-01\n---\n");
    identity_taken: of_file("events/x.md", "---\nid: sound\ntitle: E\nsummary: S.\ndate: 2020-01-01\n---\n");
    old_address_taken: of_event("date: 2020-01-01\nformerly: [sound]\n");
    unknown_ambassador: of_event(
        "date: 2020-01-01\nagenda:\n  - title: T\n    speakers:\n      - {name: Ada, ambassador: adda}\n"
    );
    relative_date_without_sample: of_event("start: {in_days: 3, at: \"18:00\"}\nzone: Europe/Berlin\n");
    sample_without_relative_date: with_start("sample: true\n");
    relative_date_with_a_slip: of_event("start: {in_day: 3, at: \"18:00\"}\nzone: Europe/Berlin\nsample: true\n");
    relative_date_too_far: of_event("start: {in_days: 99999, at: \"18:00\"}\nzone: Europe/Berlin\nsample: true\n");
    no_seats: with_start("registration: {capacity: 0}\n");
    hold_too_long: with_start("registration: {capacity: 5, hold_minutes: 100000}\n");
    closes_after_start: with_start("registration: {capacity: 5, closes: 2030-05-01 19:00}\n");
    closes_before_it_opens: with_start(
        "registration: {capacity: 5, opens: 2030-04-02 10:00, closes: 2030-04-01 10:00}\n"
    );
    opens_after_start: with_start("registration: {capacity: 5, opens: 2030-05-01 19:00}\n");
    opens_without_zone: of_event("date: 2030-05-01\nregistration: {capacity: 5, opens: 2030-04-01 19:00}\n");
    seats_of_no_kind: with_start("registration: {waitlist: true}\n");
    seats_said_twice: with_start("registration: {capacity: 5, quotas: {online: 5}}\n");
    seats_of_no_number: with_start("registration: {quotas: {}}\n");
    seats_on_a_site_that_is_none: with_start("place: online\nregistration: {quotas: {in_person: 5}}\n");
    seats_of_an_unknown_kind: with_start("registration: {quotas: {on_site: 5}}\n");
    party_too_large: with_start("registration: {capacity: 50, party_size: 21}\n");
    data_kept_too_long: with_start("registration: {capacity: 50, retention_days: 3651}\n");
    data_kept_for_no_time: with_start("registration: {capacity: 50, retention_days: 0}\n");
    terms_at_no_address: with_start("registration: {capacity: 5, terms: {title: T, url: 'javascript:alert(1)'}}\n");
    code_that_is_found_by_trying: with_start("registration: {capacity: 5, invitation_codes: [abc]}\n");
    code_with_a_broken_digest: with_start("registration: {capacity: 5, invitation_codes: ['sha256:12xy']}\n");
    codes_that_are_none: with_start("registration: {capacity: 5, invitation_codes: []}\n");
    all_mistakes_of_a_policy: with_start(
        "registration: {capacity: 0, hold_minutes: 0, party_size: 0, invitation_codes: [abc], closes: 2030-05-01 19:00}\n"
    );
    previous_start_without_a_move: with_start("previous_start: 2030-04-01 18:00\n");
    previous_start_that_is_the_start: with_start("status: rescheduled\nprevious_start: 2030-05-01 18:00\n");
    previous_start_of_a_day: of_event("date: 2030-05-01\nstatus: rescheduled\nprevious_start: 2030-04-01 18:00\n");
    moved_online_to_a_city: with_start("status: moved_online\nplace: Berlin\n");
    contact_that_is_none: with_start("contact: nobody\n");
    unknown_series: with_start("series: log-reding\n");
    series_with_a_slip: {
        let event = "---\nid: e\ntitle: E\nsummary: S.\ndate: 2020-01-01\nseries: log-reding\n---\n";
        let series = "---\ntitle: S\nsummary: S.\n---\n";
        told(&load(&folder(&[("events/e.md", event.as_bytes()), ("series/log-reading.md", series.as_bytes())])))
    };
    question_without_an_id: with_question("{ask: Why?}");
    question_of_an_unknown_type: with_question("{id: a, ask: Why?, type: txt}");
    question_without_choices: with_question("{id: a, ask: Why?, type: choice}");
    question_with_choices_it_does_not_take: with_question("{id: a, ask: Why?, choices: [X, Y]}");
    question_with_no_choice_at_all: with_question("{id: a, ask: Why?, type: choice, choices: []}");
    choice_that_comes_twice: with_question("{id: a, ask: Why?, type: choice, choices: [X, Y, X]}");
    question_that_comes_twice: with_question("{id: a, ask: Why?}, {id: a, ask: When?}");
    condition_on_nothing: with_question("{id: a, ask: Why?, when: {b: X}}");
    condition_on_a_later_question: with_question("{id: a, ask: Why?, when: {b: yes}}, {id: b, ask: B?, type: consent}");
    condition_on_a_text: with_question("{id: a, ask: Why?}, {id: b, ask: When?, when: {a: X}}");
    condition_on_an_unknown_answer: with_question(
        "{id: a, ask: Why?, type: choice, choices: [One, Two]}, {id: b, ask: B?, when: {a: [One, Tow]}}"
    );
    condition_that_is_never_met: with_question(
        "{id: a, ask: Why?, type: choice, choices: [One, Two]}, {id: b, ask: B?, when: {a: []}}"
    );
    condition_on_two_questions: with_question(
        "{id: a, ask: A?, type: consent}, {id: b, ask: B?, type: consent}, {id: c, ask: C?, when: {a: yes, b: yes}}"
    );
    condition_on_a_broken_question_is_told_once: with_question(
        "{id: a, ask: Why?, type: choice}, {id: b, ask: B?, when: {a: One}}"
    );
    series_without_a_title: of_file("series/s.md", "---\nsummary: S.\n---\n");
    agenda_time_without_start: of_event("date: 2030-05-01\nagenda: [{title: T, start: 18:00}]\n");
    agenda_before_start: with_start("agenda: [{title: T, start: 17:00}]\n");
    agenda_after_end: with_start("end: 2030-05-01 20:00\nagenda: [{title: T, start: 20:00}]\n");
    agenda_out_of_order: with_start("agenda: [{title: T, start: 19:00}, {title: U, start: 18:30}]\n");
    agenda_time_that_is_none: with_start("agenda: [{title: T, start: 7pm}]\n");
    html_in_an_agenda: with_start("agenda: [{title: T, body: 'a <b>bold</b> claim'}]\n");
}

#[test]
fn lists_are_bounded() {
    let question = |at: usize| format!("{{id: q{at}, ask: Why?}}");
    let many = (0..31).map(question).collect::<Vec<_>>().join(", ");
    assert!(with_question(&many).contains("more than 30 questions"), "{}", with_question(&many));
    let most = (0..30).map(question).collect::<Vec<_>>().join(", ");
    assert_eq!(with_question(&most), "");
    let choices = (0..51).map(|at| format!("c{at}")).collect::<Vec<_>>().join(", ");
    let told = with_question(&format!("{{id: a, ask: Why?, type: choice, choices: [{choices}]}}"));
    assert!(told.contains("1 to 50 answers"), "{told}");
    let codes = (0..201).map(|at| format!("ahoy-{at:03}")).collect::<Vec<_>>().join(", ");
    let told = with_start(&format!("registration: {{capacity: 5, invitation_codes: [{codes}]}}\n"));
    assert!(told.contains("more than 200 codes"), "{told}");
}

#[test]
fn a_broken_series_is_told_at_its_own_file_only() {
    let dir = folder(&[
        ("series/s.md", b"---\ntitel: S\n---\n"),
        ("events/e.md", b"---\nid: e\ntitle: E\nsummary: S.\ndate: 2020-01-01\nseries: s\n---\n"),
    ]);
    let library = load(&dir);
    assert_eq!(library.problems().len(), 1, "{}", told(&library));
    assert_eq!(
        library.event(&"e".parse().unwrap()).unwrap().series,
        None,
        "no link to a page that does not exist"
    );
}

#[test]
fn a_file_that_is_no_text_is_told_with_the_place_where_it_ends_to_be_one() {
    let library = load(&folder(&[("posts/p.md", b"---\ntitle: P\nsummary: caf\xe9\n---\n")]));
    insta::assert_snapshot!(told(&library));
}

#[test]
fn a_file_that_is_too_large_is_told_and_not_read() {
    let library = load(&folder(&[("posts/p.md", &vec![b'x'; 256 * 1024 + 1])]));
    insta::assert_snapshot!(told(&library));
}

#[test]
fn too_many_files_are_told_and_bounded() {
    let dir = folder(&[]);
    for at in 0..2_000 {
        write(dir.path(), &format!("pages/page-{at}.md"), b"---\ntitle: P\nsummary: S.\n---\n");
    }
    let library = load(&dir);
    insta::assert_snapshot!(told(&library));
    assert!(library.pages().len() <= 2_000);
}

#[cfg(unix)]
#[test]
fn links_out_of_the_folder_are_refused_and_links_within_it_are_followed() {
    let elsewhere = tempfile::NamedTempFile::new().unwrap();
    fs::write(elsewhere.path(), "---\ntitle: Secret\nsummary: S.\n---\n").unwrap();
    let dir = folder(&[(".data/inside.md", b"---\ntitle: Inside\nsummary: S.\n---\n")]);
    fs::create_dir(dir.path().join("pages")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), dir.path().join("pages/outside.md")).unwrap();
    std::os::unix::fs::symlink("../.data/inside.md", dir.path().join("pages/inside.md")).unwrap();
    let library = load(&dir);
    insta::assert_snapshot!(told(&library));
    assert!(library.page("outside").is_none());
    assert_eq!(library.page("inside").unwrap().title, "Inside");
}

#[test]
fn a_missing_folder_is_a_problem_and_no_failure() {
    let library = Library::load(Path::new("/nonexistent/content"), started());
    assert_eq!(library.problems().len(), 2, "{}", told(&library));
    assert_eq!(library.site().name, "Regatta");
}

#[test]
fn what_leaves_the_rest_whole_is_told_and_shown() {
    let dir = folder(&[
        ("posts/p.md", b"---\ntitle: P\nsummary: S.\n---\n[x](javascript:y) <b>z</b>\n"),
        (
            "events/talk.md",
            b"---\nid: talk\ntitle: E\nsummary: S.\ndate: 2020-01-01\nagenda:\n  - title: T\n    speakers: [{name: Eve, ambassador: eve}]\n---\n",
        ),
    ]);
    let library = load(&dir);
    assert_eq!(library.problems().len(), 3, "{}", told(&library));
    assert_eq!(library.post("p").unwrap().body.as_str(), "<p>x &lt;b&gt;z&lt;/b&gt;</p>\n");
    let event = library.event(&"talk".parse().unwrap()).unwrap();
    assert_eq!(event.agenda[0].speakers[0].ambassador, None, "no link to a page that does not exist");
}

#[test]
fn a_broken_file_hides_no_mistake_in_another_or_in_its_own_text() {
    let dir = folder(&[
        ("ambassadors/eve.md", b"---\nname: Eve\nsumary: S.\n---\n"),
        ("events/a.md", b"---\nid: sound\ntitle: A\nsummary: S.\ndate: 2020-01-01\n---\n"),
        ("events/b.md", b"---\nid: b\ntitel: B\n---\n"),
        (
            "events/talk.md",
            b"---\nid: talk\ntitle: T\nsummary: S.\ndate: 2020-01-01\nformerly: [a]\nagenda:\n  - title: T\n    speakers: [{name: Eve, ambassador: eve}, {name: Ada, ambassador: adda}]\n---\n",
        ),
        ("posts/p.md", b"---\ntitle: P\nsumary: S.\n---\n[x](javascript:y)\n\n<b>z</b>\n"),
        ("posts/q.md", b"---\ntitle: Q\nsummary: S.\ndate: never\n---\n"),
    ]);
    let library = load(&dir);
    insta::assert_snapshot!(told(&library));
    let talk = library.event(&"talk".parse().unwrap()).unwrap();
    assert!(talk.agenda[0].speakers.iter().all(|speaker| speaker.ambassador.is_none()));
}
