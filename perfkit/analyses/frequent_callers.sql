-- From where are the application's functions called most, in profiles that count calls?
-- run_id: the run.  function, module, file, line: the function.  calls: of it, in all.  total: with what it calls, in seconds.
-- share: of the run.  callers: how many functions call it.  caller, caller_file, caller_line: the one that its time belongs to most.
-- caller_calls: calls from there.  caller_share: of the function's time.
with named as materialized (select * from run_frames($run_ids)),
wholes as (select run_id, unit, sum(self) as whole from profile_functions where list_contains($run_ids, run_id) group by run_id, unit),
called as (
    select
        run_id, unit, callee_id as frame_id, count(*) as callers, sum(total) as from_all,
        arg_max(caller_id, total) as caller_id, max(total) as from_one, arg_max(calls, total) as caller_calls
    from profile_edges
    where list_contains($run_ids, run_id) and unit in ('cpu_s', 'wall_s') and caller_id != callee_id
    group by run_id, unit, callee_id
)
select
    run_id,
    callee.function,
    callee.module,
    callee.file,
    callee.line,
    profile_functions.calls as calls,
    profile_functions.total as total,
    profile_functions.total / nullif(whole, 0) as share,
    callers,
    caller.function as caller,
    caller.file as caller_file,
    caller.line as caller_line,
    caller_calls,
    from_one / nullif(from_all, 0) as caller_share
from called
join profile_functions using (run_id, unit, frame_id)
join named as callee using (run_id, frame_id)
join named as caller on caller.run_id = called.run_id and caller.frame_id = called.caller_id
join wholes using (run_id, unit)
where callee.origin = 'application'
order by run_id, total desc, callee.function, callee.line;
