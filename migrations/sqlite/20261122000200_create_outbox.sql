-- Mail that is owed: what to tell whom. The words are written when it is sent, and not kept.
create table outbox (
    id text not null primary key,
    kind text not null,
    registration text not null references registrations (id),
    recipient text not null,
    state text not null check (
        state in ('queued', 'sending', 'retrying', 'sent', 'failed', 'unknown', 'dropped')
    ),
    attempts integer not null check (attempts >= 0),
    due_at integer not null,
    claimed_at integer,
    settled_at integer,
    why text,
    created_at integer not null,
    check (state <> 'sending' or claimed_at is not null)
) strict;

create index outbox_due on outbox (due_at, created_at) where state in ('queued', 'retrying');

create index outbox_by_state on outbox (state, created_at);

create index outbox_by_registration on outbox (registration, kind, created_at);
