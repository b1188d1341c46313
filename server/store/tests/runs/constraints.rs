//! Statements that both engines understand and refuse, whoever sends them.

/// A run that waits, for those of [`REFUSED`] that change it.
pub const BEFORE: &str = "
    insert into runs (id, edited, hidden, title, dialect, source, arguments, pipeline, visitor, state, accepted_at,
                      log_deleted, cancel_asked)
    select 'waits', 1 = 0, 1 = 0, '', 'tekton', '', '{}', '{}', '', 'queued', 1, 1 = 0, 1 = 0";

/// What must not be stored, and why.
pub const REFUSED: [(&str, &str); 12] = [
    ("nobody is at it", "update runs set state = 'starting'"),
    ("nobody is at it", "update runs set state = 'running'"),
    ("nobody knows until when it is held", "update runs set state = 'starting', holder = 'x'"),
    ("nobody holds it until then", "update runs set held_until = 5"),
    ("it waits and is held", "update runs set holder = 'x', held_until = 5"),
    ("it is over and held", "update runs set state = 'failed', ended_at = 5, holder = 'x', held_until = 5"),
    ("it is over and has not ended", "update runs set state = 'failed'"),
    ("there is no such state", "update runs set state = 'asleep', ended_at = 5"),
    (
        "it has not ended and took so long",
        "update runs set executor = 'x', level = 'x', image_state = 'x', queued_ms = 1, setup_ms = 1, total_ms = 1",
    ),
    (
        "its timing has no total",
        "update runs set state = 'failed', ended_at = 5, executor = 'x', level = 'x', image_state = 'x', queued_ms = 1,
                         setup_ms = 1",
    ),
    (
        "it began before it was asked for",
        "update runs set state = 'failed', ended_at = 5, executor = 'x', level = 'x', image_state = 'x', queued_ms = -1,
                         setup_ms = 1, total_ms = 1",
    ),
    ("there is one row of switches", "insert into switches select 2, 'open', 1 = 1, null"),
];

/// What may be stored afterwards.
pub const ACCEPTED: [&str; 3] = [
    "update runs set state = 'node_lost', ended_at = 4",
    "update runs set state = 'failed', ended_at = 5, executor = 'x', level = 'x', image_state = 'x', queued_ms = 1,
                     setup_ms = 1, total_ms = 1",
    "insert into switches select 1, 'open', 1 = 1, null",
];
