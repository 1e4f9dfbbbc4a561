-- What would an index do for the statements that ask for one?
-- One row an index that was tried for a statement.
-- run_id, trial: the trial.   plan_run_id, plan_id, node_id: the plan's node that the index should serve.
-- definition: the statement that creates it, on relation.   statement, fingerprint: what it was tried for.
-- used: whether the planner took it.   refused: why it could not be tried; null when it was.
-- cost_before, cost_after: the planner's cost.   before_ms, after_ms: measured execution time; null when only planned.
-- build_ms, bytes, table_bytes: its price.   write_cost: bytes written to it over those of a row.   on_copy: measured on a copy of the tables.
select
    run_id, trial, plan_run_id, plan_id, node_id, relation, definition, statement, fingerprint, used, refused,
    cost_before, cost_after, before_ms, after_ms, build_ms, bytes, table_bytes, write_cost, coalesce(on_copy, false) as on_copy
from index_trials
where list_contains($run_ids, run_id)
order by run_id, trial, plan_run_id, plan_id, node_id;
