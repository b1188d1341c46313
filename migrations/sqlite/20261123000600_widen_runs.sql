-- What a run was given, who holds it, what remains of it and how long it took; texts that were shared; what operators
-- decided. Columns are added in place and their checks with the last of each kind, because the table cannot be made anew
-- without its logs. The defaults are for the rows of before; the program writes every column.
alter table runs add column hidden integer not null default 0 check (hidden in (0, 1));
alter table runs add column dialect text not null default 'screwdriver';
alter table runs add column arguments text not null default '{}';
alter table runs add column summary text;
alter table runs add column log_deleted integer not null default 0 check (log_deleted in (0, 1));
alter table runs add column holder text;
alter table runs add column held_until integer check ((held_until is null) = (holder is null));

-- Whoever was at a run before has not kept a hold on it: the next process ends it as interrupted.
update runs set holder = 'before', held_until = 0 where state in ('starting', 'running');

alter table runs add column cancel_asked integer not null default 0
    check (cancel_asked in (0, 1))
    check ((holder is null) = (state not in ('starting', 'running')));

alter table runs add column executor text;
alter table runs add column level text check ((level is null) = (executor is null));
alter table runs add column image_state text check ((image_state is null) = (executor is null));
alter table runs add column queued_ms integer check (queued_ms >= 0) check ((queued_ms is null) = (executor is null));
alter table runs add column setup_ms integer check (setup_ms >= 0) check ((setup_ms is null) = (executor is null));
alter table runs add column total_ms integer
    check (total_ms >= 0)
    check ((total_ms is null) = (executor is null))
    check (executor is null or ended_at is not null);

drop index runs_unended;
drop index runs_ended;
drop index runs_by_visitor;

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

create table shared_texts (
    id text not null primary key,
    demo text,
    dialect text not null,
    source text not null,
    -- Empty once it is not needed for limits any more.
    visitor text not null,
    shared_at integer not null,
    hidden integer not null check (hidden in (0, 1))
) strict;

create index shared_texts_by_visitor on shared_texts (visitor, shared_at);

create index shared_texts_by_time on shared_texts (shared_at);

-- A single row, once an operator decided anything.
create table switches (
    id integer not null primary key check (id = 1),
    mode text not null,
    edited_runs integer not null check (edited_runs in (0, 1)),
    reason text
) strict;
