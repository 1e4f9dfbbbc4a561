-- Which threads, processes and tasks does a profile tell apart?
-- run_id: the run.  owner: process, thread and task.  unit: of the weight.  own: its weight.  share: of the run's.
with weights as (
    select run_id, concat_ws(', ', process, thread, task) as owner, unit, sum(self) as own
    from profile_nodes where list_contains($run_ids, run_id) group by all
)
select run_id, owner, unit, own, own / nullif(sum(own) over (partition by run_id, unit), 0) as share
from weights
order by run_id, unit, own desc, owner;
