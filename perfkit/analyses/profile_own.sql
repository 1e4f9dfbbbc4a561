-- How much of a call graph is each function's own?
-- frame_id: the function.  self: own weight.  total: with what it calls.
select frame_id, sum(self) as self, sum(total) as total
from profile_functions
where list_contains($run_ids, run_id) and unit = $unit
group by frame_id
order by frame_id;
