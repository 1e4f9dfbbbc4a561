-- How is each index defined, and was it used? Indexes of partitions are taken together: only the whole of them can be dropped.
-- index_name: the index, or the partitioned table's.   partitioned: whether it is one of those.   The columns up to null_fraction are those of index_stats.
-- scans, scans_total, last_scan, counting_since: of all parts, the most cautious.   rows_live: of the table.
-- rows_written: rows that got a new entry in every index of the table between since and until.   replicas: servers that follow this one; null: unknown.
with known as (
    select index_stats.*, table_stats.rows_live, table_stats.inserted + table_stats.updated - coalesce(table_stats.hot_updated, 0) as rows_written
    from index_stats left join table_stats using (run_id, "schema", relation)
    where list_contains($run_ids, run_id)
),
followed as (
    select run_id, max(value) as replicas from database_stats where stat = 'replicas' group by run_id
)
select
    run_id,
    "schema",
    min(relation) as relation,
    coalesce(parent_index, index_name) as index_name,
    parent_index is not null as partitioned,
    arg_min(definition, index_name) as definition,
    any_value(method) as method,
    any_value(columns) as columns,
    any_value(keys) as keys,
    any_value(included) as included,
    any_value(predicate) as predicate,
    bool_or(is_unique) as is_unique,
    bool_or(is_primary or is_constraint) as is_needed,
    bool_and(is_valid) as is_valid,
    sum(bytes) as bytes,
    sum(bloat_bytes) as bloat_bytes,
    min(null_fraction) as null_fraction,
    sum(scans) as scans,
    sum(scans_total) as scans_total,
    max(last_scan) as last_scan,
    max(counting_since) as counting_since,
    sum(rows_live) as rows_live,
    sum(rows_written) as rows_written,
    any_value(replicas) as replicas,
    max(since) as since,
    max(until) as until
from known left join followed using (run_id)
group by run_id, "schema", coalesce(parent_index, index_name), parent_index
order by run_id, "schema", relation, index_name;
