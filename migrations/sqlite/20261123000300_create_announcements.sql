-- What people were told of each event; facts are JSON.
create table announcements (
    event text not null primary key,
    told text not null,
    told_at integer not null,
    sequence integer not null check (sequence >= 0),
    pending text,
    pending_since integer,
    published_at integer,
    wrapped_up_at integer,
    check ((pending is null) = (pending_since is null))
) strict;

-- Who of several processes does what only one of them may do.
create table leases (
    name text not null primary key,
    holder text not null,
    until integer not null
) strict;

-- What is decided once for the life of this database.
create table kept (
    name text not null primary key,
    value text not null
) strict;
