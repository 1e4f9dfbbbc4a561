-- Which server is this, since when does it count, and which of its settings matter to plans, memory and connections?
-- counting_since: the latest moment from which every counter counts for certain: a reset of the database's, or the loss of all in a crash.
-- settings: as the server has them, with their unit and type.
select /* perfkit */ jsonb_build_object(
    'version', current_setting('server_version'),
    'version_num', current_setting('server_version_num')::int,
    'database', current_database(),
    'started_at', pg_postmaster_start_time(),
    'counting_since', (
        select greatest(of_database.stats_reset, of_server.stats_reset)
        from pg_stat_database as of_database, pg_stat_bgwriter as of_server
        where of_database.datname = current_database()
    ),
    'in_recovery', pg_is_in_recovery(),
    'replicas', (select count(*) from pg_stat_replication),
    'settings', (
        select jsonb_object_agg(name, jsonb_build_object('setting', setting, 'unit', unit, 'type', vartype))
        from pg_settings
        where name in (
            'autovacuum', 'default_statistics_target', 'effective_cache_size', 'effective_io_concurrency', 'hash_mem_multiplier', 'jit',
            'maintenance_work_mem', 'max_connections', 'max_parallel_maintenance_workers', 'max_parallel_workers',
            'max_parallel_workers_per_gather', 'max_worker_processes', 'random_page_cost', 'reserved_connections', 'seq_page_cost',
            'shared_buffers', 'superuser_reserved_connections', 'track_io_timing', 'work_mem'
        )
    )
)
