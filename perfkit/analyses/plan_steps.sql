-- Which node of a plan does the time go to?
-- The columns are those of plan_nodes, each row one node, in pre-order.
select
    run_id, plan_id, node_id, parent_id, node_type, relation, index_name, relationship, subplan,
    loops, processes, rows_estimated, rows_actual, rows_removed, total_ms, self_ms, clamped,
    shared_hit, shared_read, shared_dirtied, shared_written, local_hit, local_read, temp_read, temp_written, io_ms,
    condition, sort_key, details
from plan_nodes
where list_contains($run_ids, run_id)
order by run_id, plan_id, node_id;
