-- The nodes of profiles whose samples tell when they were taken, callers before callees.
-- run_id, unit, node_id, parent_id: the node.  owner: its process and thread.  function, file, line: what ran, with the executing line where it is known.
-- runs_callback: true for the function of asyncio that runs one callback.  application: true for the application's own code.
-- evidence: profile_samples
with timed as (
    select distinct run_id, unit from profile_samples where list_contains($run_ids, run_id)
)
select
    run_id,
    unit,
    node_id,
    parent_id,
    concat_ws(' ', process, thread) as owner,
    function,
    placed.file,
    coalesce(profile_nodes.line, placed.line) as line,
    regexp_matches(placed.file, 'asyncio[/\\]events[.]py$') and regexp_matches(function, '(^|[.])_run$') as runs_callback,
    origin = 'application' as application
from profile_nodes join timed using (run_id, unit) join run_frames($run_ids) as placed using (run_id, frame_id)
order by run_id, unit, node_id;
