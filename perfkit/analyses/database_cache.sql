-- How many of the buffers that a database asked for were in the server's own cache?
-- subject: the database.   n: buffers.   hits: found in the cache.   hit_ratio: hits over n.
-- Buffers of the users' tables where they were counted, for the reading of the catalog is no load; else all of the database's.
with named as (
    select run_id, any_value(database) as subject, count(distinct database) as databases
    from database_stats where list_contains($run_ids, run_id) group by run_id
),
of_tables as (
    select
        table_stats.run_id,
        subject,
        sum(coalesce(heap_hit, 0) + coalesce(index_hit, 0)) as hits,
        sum(coalesce(heap_read, 0) + coalesce(index_read, 0)) as reads
    from table_stats join named on named.run_id = table_stats.run_id and databases = 1
    where heap_hit is not null
    group by table_stats.run_id, subject
),
of_databases as (
    select
        run_id,
        database as subject,
        sum(value) filter (stat = 'blks_hit') as hits,
        sum(value) filter (stat = 'blks_read') as reads
    from database_stats
    where list_contains($run_ids, run_id) and run_id not in (select run_id from of_tables)
    group by run_id, database
)
select run_id, subject, (hits + reads)::bigint as n, hits::bigint as hits, hits / (hits + reads) as hit_ratio
from (from of_tables union all from of_databases)
where hits + reads > 0
order by run_id, subject;
