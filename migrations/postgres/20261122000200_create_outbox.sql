-- Mail that is owed: what to tell whom. The words are written when it is sent, and not kept.
create table outbox (
    id text collate "C" not null primary key,
    kind text collate "C" not null,
    registration text collate "C" not null references registrations (id),
    recipient text not null,
    state text collate "C" not null constraint outbox_state_check check (
        state in ('queued', 'sending', 'retrying', 'sent', 'failed', 'unknown', 'dropped')
    ),
    attempts bigint not null check (attempts >= 0),
    due_at bigint not null,
    claimed_at bigint,
    settled_at bigint,
    why text,
    created_at bigint not null,
    constraint outbox_claimed_check check (state <> 'sending' or claimed_at is not null)
);

create index outbox_due on outbox (due_at, created_at) where state in ('queued', 'retrying');

create index outbox_by_state on outbox (state, created_at);

create index outbox_by_registration on outbox (registration, kind, created_at);
