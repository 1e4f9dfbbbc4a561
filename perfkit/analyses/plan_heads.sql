-- Which plans are there?
-- The columns are those of plans, each row one plan.
select
    run_id, plan_id, engine, name, statement, fingerprint, planning_ms, execution_ms, outside_ms, cold_ms, cold_planning_ms, nested_in, details
from plans
where list_contains($run_ids, run_id)
order by run_id, plan_id;
