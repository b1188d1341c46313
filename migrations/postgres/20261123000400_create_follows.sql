create table follows (
    id text collate "C" not null primary key,
    email text not null,
    email_normalized text collate "C" not null,
    language text collate "C" not null,
    topic text collate "C" not null,
    created_at bigint not null,
    confirmed_at bigint,
    unique (email_normalized, topic)
);

create index follows_by_topic on follows (topic) where confirmed_at is not null;
