create table audit (
    id integer not null primary key,
    at integer not null,
    actor text not null,
    action text not null,
    subject text not null,
    reason text not null,
    detail text not null
) strict;

create index audit_by_subject on audit (subject, id);

create table feedback (
    registration text not null primary key references registrations (id),
    event text not null,
    rating integer not null check (rating between 1 and 5),
    comment text not null,
    given_at integer not null
) strict;

create index feedback_by_event on feedback (event, given_at);
