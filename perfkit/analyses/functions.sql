-- Which functions does the time go to, by their own work and with what they call?
-- run_id: the run.  subject: function and place.  function, file, line: where.  n: calls, recursion included.
-- own, total: in the profile's unit.  own_share: of the sum of all own times.  per_call_ms: total per primitive call; null unless the unit is time.
with all_own as (
    select run_id, sum(self) as sum_own from profile_functions where list_contains($run_ids, run_id) group by run_id
)
select
    run_id,
    function || ' (' || file || ':' || line || ')' as subject,
    function,
    file,
    line,
    calls as n,
    self as own,
    total,
    self / nullif(sum_own, 0) as own_share,
    case when unit in ('cpu_s', 'wall_s') then total * 1000 / nullif(primitive_calls, 0) end as per_call_ms,
    unit
from profile_functions join frames using (frame_id) join all_own using (run_id)
where list_contains($run_ids, run_id)
order by run_id, own desc, subject;
