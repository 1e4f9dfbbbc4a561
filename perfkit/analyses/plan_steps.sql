-- Which node of a plan does the time go to?
-- run_id, plan_id, node_id, parent_id: the node.  statement, fingerprint, execution_ms: of its plan.
-- self_ms: wall time without children.  share: of the execution.  rows_removed, rows_actual, loops: as in plan_nodes.
select
    run_id,
    plan_id,
    node_id,
    parent_id,
    statement,
    fingerprint,
    execution_ms,
    node_type,
    relation,
    index_name,
    loops,
    rows_actual,
    rows_removed,
    total_ms,
    self_ms,
    self_ms / nullif(execution_ms, 0) as share,
    condition,
    sort_key
from plan_nodes join plans using (run_id, plan_id)
where list_contains($run_ids, run_id)
order by run_id, plan_id, node_id;
