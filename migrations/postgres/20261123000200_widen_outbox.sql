-- Mails about follows, languages, details, mails there is one of only, workers in several processes, aborted mails.
drop index outbox_due;
drop index outbox_by_registration;

alter table outbox drop constraint outbox_state_check;
alter table outbox drop constraint outbox_claimed_check;
alter table outbox rename column claimed_at to attempted_at;
alter table outbox
    alter column registration drop not null,
    add column follow text collate "C",
    add column event text collate "C",
    -- The recipient, too, is empty once it was erased.
    add column recipient_normalized text collate "C" not null default '',
    -- What stands after the @, in lower case: rates are kept by it.
    add column domain text collate "C" not null default '',
    add column language text collate "C" not null default 'en',
    add column detail text,
    add column once text collate "C" unique,
    add column claimed_by text collate "C",
    -- When its text began to be handed over in this attempt: from then on it may have arrived.
    add column handed_over_at bigint;

update outbox
set recipient_normalized = lower(recipient),
    domain = lower(split_part(recipient, '@', 2)),
    claimed_by = case state when 'sending' then 'before' end,
    handed_over_at = case state when 'sending' then attempted_at end;

alter table outbox
    alter column recipient_normalized drop default,
    alter column domain drop default,
    alter column language drop default,
    add constraint outbox_state_check check (
        state in ('queued', 'sending', 'retrying', 'sent', 'failed', 'unknown', 'aborted', 'dropped')
    ),
    add constraint outbox_claimed_check check (state <> 'sending' or claimed_by is not null),
    add check ((registration is null) <> (follow is null));

create index outbox_due on outbox (due_at, created_at, id) where state in ('queued', 'retrying');

create index outbox_by_registration on outbox (registration, kind, created_at) where registration is not null;

create index outbox_by_follow on outbox (follow, kind, created_at) where follow is not null;

create index outbox_by_recipient on outbox (recipient_normalized) where recipient_normalized <> '';

create index outbox_attempts on outbox (attempted_at) where attempted_at is not null;

create index outbox_attempts_by_domain on outbox (domain, attempted_at) where attempted_at is not null;

create index outbox_settled on outbox (settled_at) where settled_at is not null;

-- Addresses that mail does not reach.
create table suppressions (
    address text collate "C" not null primary key,
    since bigint not null,
    why text not null
);
