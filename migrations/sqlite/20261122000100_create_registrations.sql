-- Moments are microseconds since 1970-01-01T00:00:00Z, in every table.

-- The order of arrival at each event. The counter only rises, so that no place is given twice, whatever is deleted.
create table arrivals (
    event text not null primary key,
    last_place integer not null check (last_place > 0)
) strict;

create table registrations (
    id text not null primary key,
    event text not null,
    name text not null,
    email text not null,
    email_normalized text not null,
    state text not null check (
        state in ('held', 'held_for_waitlist', 'waitlisted', 'confirmed', 'cancelled', 'expired')
    ),
    place integer not null check (place > 0),
    held_until integer not null,
    generation integer not null,
    sequence integer not null check (sequence >= 0),
    version integer not null check (version > 0),
    created_at integer not null,
    updated_at integer not null,
    unique (event, place)
) strict;

-- An address has at most one live registration per event.
create unique index registrations_one_live_per_address
    on registrations (event, email_normalized)
    where state in ('held', 'held_for_waitlist', 'waitlisted', 'confirmed');

-- Counts seats and finds the first in line without reading the rows of others.
create index registrations_by_standing on registrations (event, state, place);

create index registrations_unconfirmed
    on registrations (held_until)
    where state in ('held', 'held_for_waitlist');
