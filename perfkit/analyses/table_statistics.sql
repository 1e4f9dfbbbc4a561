-- How old are the statistics of the tables that the runs' plans may scan?
-- One row a table of the same label's catalog runs, the latest snapshot of each.
-- schema, relation: the table.   rows_live: its rows, by the server's estimate.
-- modified_since_analyze: rows changed since its statistics were taken.   analyzed_at: when they were; null is never.
with asked as (
    select run_id, label from runs where list_contains($run_ids, run_id)
)
select table_stats."schema", table_stats.relation, table_stats.rows_live, table_stats.modified_since_analyze, table_stats.analyzed_at
from table_stats join runs using (run_id)
where run_id in (select run_id from asked) or runs.label in (select label from asked)
qualify row_number() over (partition by table_stats."schema", table_stats.relation order by table_stats.until desc nulls last, run_id) = 1
order by table_stats."schema", table_stats.relation;
