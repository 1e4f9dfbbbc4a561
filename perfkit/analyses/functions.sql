-- Which functions does the time go to, by their own work and with what they call?
-- run_id: the run.  subject: function and place.  function: its name.  module: the file's, in Python dotted.  file, line: where; line 0 is unknown.
-- origin: application, library, standard, native or unknown.  n: calls, recursion included; null where the profiler does not count them.
-- own, total: in the profile's unit.  own_share: of the sum of all own times.  per_call_ms: total per primitive call; null without calls or time.
-- evidence: profile_functions, profile_nodes
with all_own as (
    select run_id, unit, sum(self) as sum_own from function_times where list_contains($run_ids, run_id) group by run_id, unit
)
select
    run_id,
    function || ' (' || file || case when line > 0 then ':' || line else '' end || ')' as subject,
    function,
    module,
    file,
    line,
    origin,
    calls as n,
    self as own,
    total,
    self / nullif(sum_own, 0) as own_share,
    case when unit in ('cpu_s', 'wall_s') then total * 1000 / nullif(primitive_calls, 0) end as per_call_ms,
    unit
from function_times join run_frames($run_ids) using (run_id, frame_id) join all_own using (run_id, unit)
where list_contains($run_ids, run_id)
order by run_id, unit, own desc, subject;
