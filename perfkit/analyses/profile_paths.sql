-- Which paths of calls does a profile hold?
-- run_id: the run.  node_id: the path's number; all paths that begin with it follow up to last_id.  parent_id: the path without its last call.
-- frame_id: the function that it ends in.  line: the line that was being executed.  owner: thread, process and task.
-- self: weight that ended there.  total: weight there and below.
select
    run_id,
    node_id,
    coalesce(parent_id::bigint, -1) as parent_id,
    last_id,
    frame_id,
    coalesce(line, 0) as line,
    concat_ws(', ', process, thread, task) as owner,
    self,
    total
from profile_nodes
where list_contains($run_ids, run_id) and unit = $unit
order by run_id, node_id;
