-- How a run ends whose sandbox was in a cluster. A check can only be changed with its table, and the logs refer to it: both
-- are made anew, with their rows.
alter table run_events rename to run_events_before;

alter table runs rename to runs_before;

create table runs (
    id text not null primary key,
    demo text,
    edited integer not null check (edited in (0, 1)),
    hidden integer not null check (hidden in (0, 1)),
    title text not null,
    dialect text not null,
    source text not null,
    arguments text not null,
    pipeline text not null,
    isolation text,
    visitor text not null,
    state text not null check (
        state in (
            'queued', 'starting', 'running',
            'succeeded', 'failed', 'timed_out', 'out_of_memory', 'output_limit', 'disk_limit', 'process_limit',
            'cancelled', 'image_pull', 'evicted', 'node_lost', 'vanished', 'infra_error'
        )
    ),
    accepted_at integer not null,
    ended_at integer,
    summary text,
    log_deleted integer not null check (log_deleted in (0, 1)),
    holder text,
    held_until integer,
    cancel_asked integer not null check (cancel_asked in (0, 1)),
    executor text,
    level text,
    image_state text,
    queued_ms integer check (queued_ms >= 0),
    setup_ms integer check (setup_ms >= 0),
    total_ms integer check (total_ms >= 0),
    check ((ended_at is null) = (state in ('queued', 'starting', 'running'))),
    check ((holder is null) = (state not in ('starting', 'running'))),
    check ((held_until is null) = (holder is null)),
    check (
        (level is null) = (executor is null)
        and (image_state is null) = (executor is null)
        and (queued_ms is null) = (executor is null)
        and (setup_ms is null) = (executor is null)
        and (total_ms is null) = (executor is null)
    ),
    check (executor is null or ended_at is not null)
) strict;

insert into runs
    (id, demo, edited, hidden, title, dialect, source, arguments, pipeline, isolation, visitor, state, accepted_at, ended_at,
     summary, log_deleted, holder, held_until, cancel_asked, executor, level, image_state, queued_ms, setup_ms, total_ms)
select id, demo, edited, hidden, title, dialect, source, arguments, pipeline, isolation, visitor, state, accepted_at, ended_at,
       summary, log_deleted, holder, held_until, cancel_asked, executor, level, image_state, queued_ms, setup_ms, total_ms
from runs_before;

-- The log of each run, from 1 without gaps.
create table run_events (
    run text not null references runs (id) on delete cascade,
    seq integer not null check (seq > 0),
    at_ms integer not null check (at_ms >= 0),
    fact text not null,
    primary key (run, seq)
) strict, without rowid;

insert into run_events (run, seq, at_ms, fact) select run, seq, at_ms, fact from run_events_before;

-- In this order: nothing refers to what is dropped.
drop table run_events_before;

drop table runs_before;

-- A run's texts stand before most of its columns in its row. So the indexes hold whatever is read of many runs at once:
-- who waits, what a visitor asked for, what the public is shown.
create index runs_unended on runs (state, accepted_at, id, visitor, ended_at) where ended_at is null;

create index runs_held on runs (holder, held_until, id, cancel_asked) where holder is not null;

create index runs_by_visitor on runs (visitor, accepted_at, ended_at);

create index runs_by_time on runs (accepted_at, id);

create index runs_by_state on runs (state, accepted_at, id);

create index runs_shown
    on runs (
        accepted_at, id, demo, edited, hidden, title, state, ended_at,
        executor, level, image_state, queued_ms, setup_ms, total_ms
    )
    where ended_at is not null and demo is not null and edited = 0 and hidden = 0;

create index runs_shown_by_demo
    on runs (
        demo, accepted_at, id, edited, hidden, title, state, ended_at,
        executor, level, image_state, queued_ms, setup_ms, total_ms
    )
    where ended_at is not null and demo is not null and edited = 0 and hidden = 0;

create index runs_with_log on runs (ended_at) where ended_at is not null and log_deleted = 0;

create index runs_edited on runs (ended_at) where ended_at is not null and edited = 1;
