-- How long does each planned statement take, and where does its time go?
-- run_id, plan_id: the plan.  subject: the statement's beginning.  fingerprint: statement without literals.
-- planning_ms, execution_ms: null when not executed.  n: 1.
select
    run_id,
    coalesce(left(regexp_replace(trim(statement), '\s+', ' ', 'g'), 80), 'plan ' || plan_id) as subject,
    plan_id,
    statement,
    fingerprint,
    planning_ms,
    execution_ms,
    1 as n
from plans
where list_contains($run_ids, run_id)
order by run_id, plan_id;
