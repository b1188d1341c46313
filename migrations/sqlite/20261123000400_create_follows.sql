create table follows (
    id text not null primary key,
    email text not null,
    email_normalized text not null,
    language text not null,
    topic text not null,
    created_at integer not null,
    confirmed_at integer,
    unique (email_normalized, topic)
) strict;

create index follows_by_topic on follows (topic) where confirmed_at is not null;
