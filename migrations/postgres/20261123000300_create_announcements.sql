-- What people were told of each event; facts are JSON.
create table announcements (
    event text collate "C" not null primary key,
    told text not null,
    told_at bigint not null,
    sequence bigint not null check (sequence >= 0),
    pending text,
    pending_since bigint,
    published_at bigint,
    wrapped_up_at bigint,
    check ((pending is null) = (pending_since is null))
);

-- Who of several processes does what only one of them may do.
create table leases (
    name text collate "C" not null primary key,
    holder text collate "C" not null,
    until bigint not null
);

-- What is decided once for the life of this database.
create table kept (
    name text collate "C" not null primary key,
    value text not null
);
