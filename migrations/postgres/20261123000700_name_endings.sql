-- How a run ends whose sandbox was in a cluster.
alter table runs
    drop constraint runs_state_check,
    add constraint runs_state_check check (
        state in (
            'queued', 'starting', 'running',
            'succeeded', 'failed', 'timed_out', 'out_of_memory', 'output_limit', 'disk_limit', 'process_limit',
            'cancelled', 'image_pull', 'evicted', 'node_lost', 'vanished', 'infra_error'
        )
    );
