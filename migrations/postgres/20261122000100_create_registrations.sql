-- Moments are microseconds since 1970-01-01T00:00:00Z, in every table. Identities and whatever is sorted by are compared
-- byte by byte (collate "C"), so that lists and locks have the same order whatever the language of the database is.

-- The order of arrival at each event. The counter only rises, so that no place is given twice, whatever is deleted.
create table arrivals (
    event text collate "C" not null primary key,
    last_place bigint not null check (last_place > 0)
);

create table registrations (
    id text collate "C" not null primary key,
    event text collate "C" not null,
    name text not null,
    email text not null,
    email_normalized text collate "C" not null,
    state text collate "C" not null constraint registrations_state_check check (
        state in ('held', 'held_for_waitlist', 'waitlisted', 'confirmed', 'cancelled', 'expired')
    ),
    place bigint not null check (place > 0),
    held_until bigint not null,
    generation bigint not null,
    sequence bigint not null check (sequence >= 0),
    version bigint not null check (version > 0),
    created_at bigint not null,
    updated_at bigint not null,
    unique (event, place)
);

-- An address has at most one live registration per event.
create unique index registrations_one_live_per_address
    on registrations (event, email_normalized)
    where state in ('held', 'held_for_waitlist', 'waitlisted', 'confirmed');

-- Counts seats and finds the first in line without reading the rows of others.
create index registrations_by_standing on registrations (event, state, place);

create index registrations_unconfirmed
    on registrations (held_until)
    where state in ('held', 'held_for_waitlist');
