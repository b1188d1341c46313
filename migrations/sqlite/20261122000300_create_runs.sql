create table runs (
    id text not null primary key,
    demo text,
    edited integer not null check (edited in (0, 1)),
    title text not null,
    source text not null,
    pipeline text not null,
    isolation text,
    visitor text not null,
    state text not null check (
        state in (
            'queued', 'starting', 'running',
            'succeeded', 'failed', 'timed_out', 'out_of_memory', 'output_limit', 'disk_limit', 'process_limit',
            'cancelled', 'infra_error'
        )
    ),
    accepted_at integer not null,
    ended_at integer,
    check ((ended_at is null) = (state in ('queued', 'starting', 'running')))
) strict;

create index runs_unended on runs (state, accepted_at) where ended_at is null;

create index runs_ended on runs (ended_at) where ended_at is not null;

create index runs_by_visitor on runs (visitor, accepted_at);

-- The log of each run, from 1 without gaps.
create table run_events (
    run text not null references runs (id) on delete cascade,
    seq integer not null check (seq > 0),
    at_ms integer not null check (at_ms >= 0),
    fact text not null,
    primary key (run, seq)
) strict, without rowid;
