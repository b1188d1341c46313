-- Mails about follows, languages, details, mails there is one of only, workers in several processes, aborted mails.
-- The migration before has put the outbox aside.

create table outbox (
    id text not null primary key,
    kind text not null,
    registration text references registrations (id),
    follow text,
    event text,
    -- Empty once it was erased.
    recipient text not null,
    recipient_normalized text not null,
    -- What stands after the @, in lower case: rates are kept by it. Erased with the recipient.
    domain text not null,
    language text not null,
    detail text,
    once text unique,
    state text not null check (
        state in ('queued', 'sending', 'retrying', 'sent', 'failed', 'unknown', 'aborted', 'dropped')
    ),
    attempts integer not null check (attempts >= 0),
    due_at integer not null,
    claimed_by text,
    -- The latest attempt, whatever came of it.
    attempted_at integer,
    -- When its text began to be handed over in this attempt: from then on it may have arrived.
    handed_over_at integer,
    settled_at integer,
    why text,
    created_at integer not null,
    check (state <> 'sending' or claimed_by is not null),
    check ((registration is null) <> (follow is null))
) strict;

insert into outbox
select id, kind, registration, null, null, recipient, lower(recipient),
       lower(substr(recipient, instr(recipient, '@') + 1)), 'en', null, null, state, attempts, due_at,
       case state when 'sending' then 'before' end, claimed_at,
       case state when 'sending' then claimed_at end,
       -- What was to be retried had a moment here too, and what was interrupted had none.
       case when state in ('sent', 'failed', 'unknown', 'dropped')
            then coalesce(settled_at, claimed_at, created_at) end,
       why, created_at
from outbox_before;

drop table outbox_before;

create index outbox_due on outbox (due_at, created_at, id) where state in ('queued', 'retrying');

create index outbox_by_state on outbox (state, created_at);

create index outbox_by_registration on outbox (registration, kind, created_at) where registration is not null;

create index outbox_by_follow on outbox (follow, kind, created_at) where follow is not null;

create index outbox_by_recipient on outbox (recipient_normalized) where recipient_normalized <> '';

create index outbox_attempts on outbox (attempted_at, domain) where attempted_at is not null;

create index outbox_settled on outbox (settled_at) where settled_at is not null;

-- Addresses that mail does not reach.
create table suppressions (
    address text not null primary key,
    since integer not null,
    why text not null
) strict;
