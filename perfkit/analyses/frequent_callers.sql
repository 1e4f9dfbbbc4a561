-- From where are the application's functions called most, in profiles that count calls?
-- Only functions of at least the share $least of their run, each with its heaviest caller.
-- run_id: the run.  function, module, file, line: the function.  calls: of it, in all.  total: with what it calls, in seconds.
-- share: of the run.  callers: how many functions call it.  caller, caller_file, caller_line: the one that its time belongs to most.
-- caller_calls: calls from there.  caller_share: of the function's time.
-- evidence: profile_functions
with weighed as (
    select run_id, unit, frame_id, calls, total, total / nullif(sum(self) over (partition by run_id, unit), 0) as share
    from profile_functions where list_contains($run_ids, run_id) and unit in ('cpu_s', 'wall_s')
),
heavy as materialized (select * from weighed where share >= $least),
called as materialized (
    select
        run_id, unit, callee_id as frame_id, count(*) as callers, sum(profile_edges.total) as from_all,
        arg_max(caller_id, profile_edges.total) as caller_id, max(profile_edges.total) as from_one,
        arg_max(profile_edges.calls, profile_edges.total) as caller_calls
    from profile_edges semi join heavy on heavy.frame_id = callee_id
    where list_contains($run_ids, run_id) and unit in ('cpu_s', 'wall_s') and caller_id != callee_id
    group by run_id, unit, callee_id
)
select
    heavy.run_id,
    callee.function,
    module_of(shown_file(callee.file, root)) as module,
    shown_file(callee.file, root) as file,
    callee.line,
    heavy.calls,
    heavy.total,
    heavy.share,
    callers,
    caller.function as caller,
    shown_file(caller.file, root) as caller_file,
    caller.line as caller_line,
    caller_calls,
    from_one / nullif(from_all, 0) as caller_share
from heavy
join called on called.run_id = heavy.run_id and called.unit = heavy.unit and called.frame_id = heavy.frame_id
join runs on runs.run_id = heavy.run_id
join frames as callee on callee.frame_id = heavy.frame_id
join frames as caller on caller.frame_id = called.caller_id
where origin_of(callee.file, callee.function) = 'application'
order by heavy.run_id, heavy.total desc, callee.function, callee.line;
