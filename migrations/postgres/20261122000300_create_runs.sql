create table runs (
    id text collate "C" not null primary key,
    demo text,
    edited boolean not null,
    title text not null,
    source text not null,
    pipeline text not null,
    isolation text,
    visitor text collate "C" not null,
    state text collate "C" not null check (
        state in (
            'queued', 'starting', 'running',
            'succeeded', 'failed', 'timed_out', 'out_of_memory', 'output_limit', 'disk_limit', 'process_limit',
            'cancelled', 'infra_error'
        )
    ),
    accepted_at bigint not null,
    ended_at bigint,
    check ((ended_at is null) = (state in ('queued', 'starting', 'running')))
);

create index runs_unended on runs (state, accepted_at) where ended_at is null;

create index runs_ended on runs (ended_at) where ended_at is not null;

create index runs_by_visitor on runs (visitor, accepted_at);

-- The log of each run, from 1 without gaps.
create table run_events (
    run text collate "C" not null references runs (id) on delete cascade,
    seq bigint not null check (seq > 0),
    at_ms bigint not null check (at_ms >= 0),
    fact text not null,
    primary key (run, seq)
);
