-- How was each table read, and how much of that came out of the server's own cache?
-- rows_live: by the server's estimate.   seq_scans, seq_rows, index_scans: between since and until.   hits, reads: buffers of table and indexes.
select
    run_id,
    "schema",
    relation,
    rows_live,
    seq_scans,
    seq_rows,
    coalesce(index_scans, 0) as index_scans,
    coalesce(heap_hit, 0) + coalesce(index_hit, 0) as hits,
    coalesce(heap_read, 0) + coalesce(index_read, 0) as reads,
    since,
    until
from table_stats
where list_contains($run_ids, run_id) and seq_scans is not null
order by run_id, "schema", relation;
