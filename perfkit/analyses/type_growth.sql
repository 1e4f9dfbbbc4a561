-- How many objects of each type are alive, at every moment that was looked at?
-- run_id: the run.  type: its name.  moments: seconds since the first snapshot, of all snapshots of the run.
-- taken: their numbers.
-- snapshots: those in which there were any.  objects, bytes: how many in these, and their own size; bytes null where it was not asked for.
with times as (
    select run_id, list(at_ms / 1000 order by snapshot) as moments, list(snapshot order by snapshot) as taken
    from (select distinct run_id, snapshot, coalesce(at_ms, 0) as at_ms from heap_types where list_contains($run_ids, run_id))
    group by run_id having count(*) > 1
)
select
    run_id,
    type,
    any_value(moments) as moments,
    any_value(taken) as taken,
    list(snapshot order by snapshot) as snapshots,
    list(objects::double order by snapshot) as objects,
    list(bytes::double order by snapshot) as bytes
from heap_types join times using (run_id)
group by run_id, type
order by run_id, type;
