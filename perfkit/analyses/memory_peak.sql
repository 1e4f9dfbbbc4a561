-- Which lines of the application was the memory allocated for that was alive at its highest?
-- A place is the innermost line of the application on the stack, or the line that allocated where there is none.
-- run_id: the run.  file, line, function, origin: the place.  bytes, allocations: alive; allocations null where samples were counted.
-- share: of the run's total.  total_bytes: of the run.
-- format: of the artefact, which tells what was looked at.
-- path: the application's calls that led to the largest part of it, outermost first.
with nodes as (
    select run_id, node_id, last_id, coalesce(profile_nodes.line, nullif(named_frame.line, 0)) as line, self, count, function, file, origin
    from profile_nodes join run_frames($run_ids) as named_frame using (run_id, frame_id) where list_contains($run_ids, run_id) and unit = 'bytes'
),
leaves as (select * from nodes where self > 0),
named as (select *, function || ' (' || file || coalesce(':' || line, '') || ')' as name from nodes where origin = 'application'),
ways as (
    select leaves.run_id, leaves.node_id, list(named.name order by named.node_id) as path, max(named.node_id) as owner_id
    from leaves join named on leaves.run_id = named.run_id and leaves.node_id between named.node_id and named.last_id
    group by leaves.run_id, leaves.node_id
),
owned as (
    select leaves.run_id, leaves.self, leaves.count, path,
        coalesce(owner.file, leaves.file) as file, coalesce(owner.line, leaves.line, 0) as line, coalesce(owner.function, leaves.function) as function,
        coalesce(owner.origin, leaves.origin) as origin
    from leaves left join ways using (run_id, node_id) left join nodes as owner on owner.run_id = ways.run_id and owner.node_id = ways.owner_id
),
whole as (select run_id, sum(self) as total_bytes from leaves group by run_id)
select
    run_id,
    file,
    line,
    function,
    origin,
    sum(self) as bytes,
    sum(count) filter (format in ('memray', 'tracemalloc', 'allocation-growth'))::double as allocations,
    sum(self) / any_value(total_bytes) as share,
    any_value(total_bytes) as total_bytes,
    any_value(format) as format,
    coalesce(arg_max(path, self), []) as path
from owned join whole using (run_id) join runs using (run_id)
group by run_id, file, line, function, origin
order by run_id, bytes desc, file, line;
