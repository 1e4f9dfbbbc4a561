-- Which function calls which, in profiles that are call graphs?
-- caller_id, callee_id: the functions.  self, total: of the callee on this edge, over all runs.
select caller_id, callee_id, sum(self) as self, sum(total) as total
from profile_edges
where list_contains($run_ids, run_id) and unit = $unit
group by caller_id, callee_id
order by caller_id, callee_id;
