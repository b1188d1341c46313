//! The content that comes with the portal: it has no problems, and what its pages rely on is there.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

use jiff::Timestamp;
use regatta_content::{EventAddress, Library};
use regatta_domain::event::{Event, EventStatus, EventTime, Place, RegistrationWindow};
use regatta_domain::pipeline::{Dialect, Needs, Note, NoteKind, Pipeline};
use regatta_domain::seats::Quotas;

fn shipped(started: Timestamp) -> Library {
    Library::load(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../content"), started)
}

/// Some moment long after the content was written.
fn started() -> Timestamp {
    "2031-03-30T00:30:00Z".parse().unwrap()
}

#[test]
fn has_no_problems() {
    let problems: Vec<String> = shipped(started()).problems().iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn has_no_problems_on_any_day_of_a_year() {
    // Relative dates meet every change of clocks in their zones.
    for day in 0..366 {
        let started = started() + jiff::SignedDuration::from_hours(24 * day);
        let library = shipped(started);
        assert!(library.problems().is_empty(), "{started}: {}", library.problems()[0]);
    }
}

#[test]
fn samples_are_the_only_meetups_to_come_and_one_can_register_for_them() {
    let library = shipped(started());
    let upcoming = library.upcoming_events(started());
    for event in &upcoming {
        assert!(event.sample, "{} is to come, but no sample", event.slug);
        assert_eq!(event.registration_window(started()), RegistrationWindow::Open);
        assert!(event.agenda.iter().all(|item| item.speakers.is_empty()), "samples name nobody");
        assert!(event.recordings.is_empty(), "nothing was recorded of what does not take place");
        assert!(event.registration.as_ref().unwrap().waitlist);
    }
    let seats = |event: &Event| event.registration.as_ref().unwrap().quotas;
    let online = |capacity| Quotas { in_person: None, online: Some(capacity) };
    let quotas: Vec<_> = upcoming.iter().map(|event| seats(event)).collect();
    let both = Quotas { in_person: Some(120), online: Some(400) };
    assert_eq!(
        quotas,
        [online(4), online(60), both, online(60), online(60)],
        "the next one first, and small enough to fill"
    );
    let past = library.past_events(started());
    let past: Vec<_> = past.iter().map(|event| (event.slug.as_str(), event.sample, event.status)).collect();
    assert_eq!(
        past,
        [
            ("second-cicd-meetup-china", false, EventStatus::Published),
            ("spinnaker-live-2020", false, EventStatus::Published)
        ]
    );
}

#[test]
fn samples_move_along_in_their_own_zones() {
    let library = shipped(started());
    let starts: Vec<String> = library
        .upcoming_events(started())
        .iter()
        .map(|event| match &event.when {
            EventTime::At { start, .. } => start.to_string(),
            EventTime::Day(day) => day.to_string(),
        })
        .collect();
    assert_eq!(
        starts,
        [
            "2031-04-08T10:00:00+12:00[Pacific/Auckland]",
            "2031-04-13T19:00:00+08:00[Asia/Singapore]",
            "2031-04-20T18:00:00+02:00[Europe/Berlin]",
            "2031-05-11T19:00:00+08:00[Asia/Singapore]",
            "2031-06-08T19:00:00+08:00[Asia/Singapore]",
        ]
    );
}

#[test]
fn a_sample_series_has_three_dates_and_a_sample_form_shows_every_kind_of_question() {
    let library = shipped(started());
    let series = library.series("log-reading").unwrap();
    assert_eq!(library.dates_of(&series.slug).len(), 3);
    let harbour = library.event(&"sample-harbour-evening".parse().unwrap()).unwrap();
    let policy = harbour.registration.as_ref().unwrap();
    assert!(policy.party_size > 1 && policy.terms.is_some());
    assert!(policy.questions.iter().any(|question| question.condition.is_some()));
}

#[test]
fn spinnaker_live_began_at_nine_in_the_morning_pacific_daylight_time() {
    let library = shipped(started());
    let Some(EventAddress::Here(event)) = library.event_by_slug("spinnaker-live-2020") else { panic!() };
    let EventTime::At { start, end } = &event.when else { panic!("{:?}", event.when) };
    assert_eq!(start.to_string(), "2020-06-18T09:00:00-07:00[America/Los_Angeles]");
    assert_eq!(end, &None, "its end is not known");
    assert_eq!(event.place, Some(Place::Online));
}

#[test]
fn the_second_meetup_in_china_has_a_day_and_four_talks_in_order() {
    let library = shipped(started());
    let Some(EventAddress::Here(event)) = library.event_by_slug("second-cicd-meetup-china") else { panic!() };
    assert_eq!(event.when, EventTime::Day("2020-06-19".parse().unwrap()));
    let speakers: Vec<_> = event.agenda.iter().map(|item| item.speakers[0].name.as_str()).collect();
    assert_eq!(speakers, ["Gu Zheng", "Zhou Fan", "Li Peng", "Hu Wenan"]);
    assert!(event.agenda.iter().all(|item| item.start.is_none() && !item.body.is_empty()));
}

#[test]
fn six_ambassadors_by_name() {
    let library = shipped(started());
    let names: Vec<_> = library.ambassadors().iter().map(|ambassador| ambassador.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Alexander Raul",
            "BMK Lakshminarayanan",
            "Eduardo",
            "Hector Calderon",
            "Helen Beal",
            "Oscar Medina"
        ]
    );
}

#[test]
fn ratios_follow_from_the_counts_beside_them() {
    let library = shipped(started());
    let body = library.post("spinnaker-growth-2020").unwrap().body.as_str().to_owned();
    for count in [656, 674, 891, 962, 755] {
        let ratio = f64::from(count) / 399.0;
        let row = format!(r#"<td class="align-right">{count}</td><td class="align-right">{ratio:.1}</td>"#);
        assert!(body.contains(&row), "{row}");
    }
    let share = format!("{:.0} %", 464.0 / 1183.0 * 100.0);
    assert!(body.contains(&share), "{share}");
}

#[test]
fn standing_pages_await_their_operator() {
    let library = shipped(started());
    let slugs: Vec<_> = library.pages().iter().map(|page| page.slug.as_str()).collect();
    assert_eq!(slugs, ["code-of-conduct", "imprint", "privacy"]);
    for page in library.pages() {
        assert!(page.body.as_str().contains("To be filled in by the operator"), "{}", page.slug);
    }
}

fn pipeline(library: &Library, slug: &str) -> Pipeline {
    library.pipeline(slug).unwrap().reading.clone().runnable().unwrap()
}

#[test]
fn demo_pipelines_show_what_they_say() {
    let library = shipped(started());
    for demo in library.pipelines() {
        assert!(!demo.title.is_empty() && !demo.summary.is_empty(), "{}", demo.slug);
        let pipeline = pipeline(&library, demo.slug.as_str());
        let harmless = |note: &Note| note.kind == NoteKind::Explained;
        assert!(pipeline.notes.iter().all(harmless), "{}: {:?}", demo.slug, pipeline.notes);
        assert!(pipeline.jobs.iter().all(|job| job.image == "host-tools"));
    }
    let has_teardown =
        |pipeline: &Pipeline| pipeline.jobs.iter().any(|job| job.steps.iter().any(|s| s.always));
    assert!(has_teardown(&pipeline(&library, "first-steps")));
    assert!(has_teardown(&pipeline(&library, "rough-seas")));
    let fleet = pipeline(&library, "join-the-fleet");
    assert_eq!(fleet.jobs.last().unwrap().needs, Needs::successes(&[1, 2, 3], &[]));
    assert_eq!(pipeline(&library, "choose-a-course").parameters.len(), 3);
    let yards = pipeline(&library, "three-yards");
    assert_eq!(yards.jobs.iter().filter(|job| job.cell.is_some()).count(), 6);
    assert_eq!(yards.stages.len(), 2);
    assert!(pipeline(&library, "first-boat-home").jobs.iter().any(|job| job.needs.any.len() == 2));
    let pilot = pipeline(&library, "harbour-pilot");
    assert!(pilot.jobs.iter().any(|job| !job.conditions.is_empty()) && pilot.parameters.len() == 2);
    assert!(pipeline(&library, "cargo-hold").jobs[0].exchange.gives_workspace);
    let dialects: Vec<Dialect> = library.pipelines().iter().map(|demo| demo.dialect).collect();
    assert!(Dialect::ALL.iter().all(|dialect| dialects.contains(dialect)), "every dialect has a demo");
}
