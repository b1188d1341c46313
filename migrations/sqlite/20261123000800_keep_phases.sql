-- How long each part of a run's set-up took, as JSON. It is read with the other times, hence it stands in the same indexes.
alter table runs add column phases text check (phases is null or executor is not null);

drop index runs_shown;

drop index runs_shown_by_demo;

create index runs_shown
    on runs (
        accepted_at, id, demo, edited, hidden, title, state, ended_at,
        executor, level, image_state, queued_ms, setup_ms, total_ms, phases
    )
    where ended_at is not null and demo is not null and edited = 0 and hidden = 0;

create index runs_shown_by_demo
    on runs (
        demo, accepted_at, id, edited, hidden, title, state, ended_at,
        executor, level, image_state, queued_ms, setup_ms, total_ms, phases
    )
    where ended_at is not null and demo is not null and edited = 0 and hidden = 0;
