-- How long each part of a run's set-up took, as JSON.
alter table runs
    add column phases text,
    add constraint runs_phases_are_of_a_timing check (phases is null or executor is not null);
