-- What does each function weigh in each run?
-- run: place of the run in $run_ids, from 0.  frame_id: the function.  own, total: without and with what it calls.
select list_position($run_ids, run_id) - 1 as run, frame_id, self as own, coalesce(total, 0) as total
from function_times
where list_contains($run_ids, run_id) and unit = $unit
order by run, frame_id;
