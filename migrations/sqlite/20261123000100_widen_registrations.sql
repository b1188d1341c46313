-- Kinds of seats, parties, answers, languages, approval, series, retention. SQLite cannot change a check, so the table is
-- made anew. What was registered before took a seat on site, wrote English, and is kept for another year at most.
drop index registrations_one_live_per_address;
drop index registrations_by_standing;
drop index registrations_unconfirmed;

-- The outbox refers to registrations; it is put aside until the next migration makes it anew too.
create table outbox_before as select * from outbox;
drop table outbox;

alter table registrations rename to registrations_before;

create table registrations (
    id text not null primary key,
    event text not null,
    name text not null,
    email text not null,
    -- Null once the data was erased.
    email_normalized text,
    language text not null,
    attendance text not null check (attendance in ('in_person', 'online')),
    party integer not null check (party > 0),
    answers text not null,
    state text not null check (
        state in (
            'held', 'held_for_waitlist', 'awaiting_approval', 'waitlisted', 'confirmed', 'attended',
            'cancelled', 'declined', 'expired'
        )
    ),
    place integer not null check (place > 0),
    booking text,
    held_until integer not null,
    seated_at integer,
    purge_at integer not null,
    generation integer not null,
    sequence integer not null check (sequence >= 0),
    version integer not null check (version > 0),
    created_at integer not null,
    updated_at integer not null,
    erased_at integer,
    unique (event, place)
) strict;

insert into registrations
select id, event, name, email, email_normalized, 'en', 'in_person', 1, '{}', state, place, null, held_until,
       case state when 'confirmed' then updated_at end, created_at + 31536000000000, generation, sequence, version,
       created_at, updated_at, null
from registrations_before;

drop table registrations_before;

-- An address has at most one live registration per event.
create unique index registrations_one_live_per_address
    on registrations (event, email_normalized)
    where state in ('held', 'held_for_waitlist', 'awaiting_approval', 'waitlisted', 'confirmed', 'attended');

create index registrations_by_standing on registrations (event, state, attendance, place);

create index registrations_by_address on registrations (email_normalized) where email_normalized is not null;

create index registrations_by_booking on registrations (booking) where booking is not null;

create index registrations_unconfirmed
    on registrations (event, held_until)
    where state in ('held', 'held_for_waitlist');

create index registrations_to_purge on registrations (purge_at) where erased_at is null;

-- The desk of each event: the order of arrival (the counter only rises, so that no place is given twice, whatever is
-- deleted), how its seats are taken, what its organizers decided otherwise. Whoever changes something at a desk locks its
-- row first.
create table desks (
    event text not null primary key,
    last_place integer not null check (last_place >= 0),
    in_person_taken integer not null check (in_person_taken >= 0),
    in_person_waiting integer not null check (in_person_waiting >= 0),
    online_taken integer not null check (online_taken >= 0),
    online_waiting integer not null check (online_waiting >= 0),
    override_window text check (override_window in ('open', 'closed')),
    override_in_person integer check (override_in_person >= 0),
    override_online integer check (override_online >= 0)
) strict;

insert into desks
select event, max(last_place),
       (select count(*) from registrations r where r.event = a.event and state in ('held', 'confirmed')),
       (select count(*) from registrations r
        where r.event = a.event and state in ('held_for_waitlist', 'waitlisted')),
       0, 0, null, null, null
from (select event, last_place from arrivals union all select event, place from registrations) a
group by event;

drop table arrivals;

-- What happened to each registration.
create table registration_history (
    id integer not null primary key,
    registration text not null references registrations (id),
    at integer not null,
    actor text not null,
    what text not null
) strict;

create index registration_history_by_registration on registration_history (registration, id);
