-- What a run was given, who holds it, what remains of it and how long it took; texts that were shared; what operators
-- decided.
alter table runs
    add column hidden boolean not null default false,
    add column dialect text collate "C" not null default 'screwdriver',
    add column arguments text not null default '{}',
    add column summary text,
    add column log_deleted boolean not null default false,
    add column holder text collate "C",
    add column held_until bigint,
    add column cancel_asked boolean not null default false,
    add column executor text collate "C",
    add column level text collate "C",
    add column image_state text collate "C",
    add column queued_ms bigint check (queued_ms >= 0),
    add column setup_ms bigint check (setup_ms >= 0),
    add column total_ms bigint check (total_ms >= 0);

-- Whoever was at a run before has not kept a hold on it: the next process ends it as interrupted.
update runs set holder = 'before', held_until = 0 where state in ('starting', 'running');

-- The defaults were for the rows of before; every new one says all of it.
alter table runs
    alter column hidden drop default,
    alter column dialect drop default,
    alter column arguments drop default,
    alter column log_deleted drop default,
    alter column cancel_asked drop default,
    add constraint runs_held_while_under_way check ((holder is null) = (state not in ('starting', 'running'))),
    add constraint runs_hold_has_its_end check ((held_until is null) = (holder is null)),
    add constraint runs_timing_is_whole check (
        num_nulls(executor, level, image_state, queued_ms, setup_ms, total_ms) in (0, 6)
    ),
    add constraint runs_timing_is_of_ended check (executor is null or ended_at is not null);

drop index runs_unended;
drop index runs_ended;
drop index runs_by_visitor;

create index runs_unended on runs (state, accepted_at, id, visitor) where ended_at is null;

create index runs_held on runs (holder, held_until) where holder is not null;

create index runs_by_visitor on runs (visitor, accepted_at, ended_at);

create index runs_by_time on runs (accepted_at, id);

create index runs_by_state on runs (state, accepted_at, id);

create index runs_shown
    on runs (accepted_at, id)
    where ended_at is not null and demo is not null and not edited and not hidden;

create index runs_shown_by_demo
    on runs (demo, accepted_at, id)
    where ended_at is not null and demo is not null and not edited and not hidden;

create index runs_with_log on runs (ended_at) where ended_at is not null and not log_deleted;

create index runs_edited on runs (ended_at) where ended_at is not null and edited;

create table shared_texts (
    id text collate "C" not null primary key,
    demo text,
    dialect text collate "C" not null,
    source text not null,
    -- Empty once it is not needed for limits any more.
    visitor text collate "C" not null,
    shared_at bigint not null,
    hidden boolean not null
);

create index shared_texts_by_visitor on shared_texts (visitor, shared_at);

create index shared_texts_by_time on shared_texts (shared_at);

-- A single row, once an operator decided anything.
create table switches (
    id bigint not null primary key check (id = 1),
    mode text collate "C" not null,
    edited_runs boolean not null,
    reason text
);
