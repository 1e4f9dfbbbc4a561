-- How long do the functions take that the application times itself?
-- run_id: the run.  subject: the endpoint that spends most time in it.  function, file, line: where it is defined.  n: calls, all steps of a generator being one.
-- per_call_ms: mean time of a call, everything below it included, without any profiler's overhead.
-- evidence: spans.internal
with servers as (
    select run_id, trace_id, name as subject from spans where kind = 'server' and list_contains($run_ids, run_id)
)
select
    run_id,
    arg_max(subject, duration_ms) as subject,
    name as function,
    file,
    line,
    count(*) filter (not coalesce(try_cast(attributes ->> '$.resumed' as boolean), false)) as n,
    sum(duration_ms) / greatest(n, 1) as per_call_ms
from spans join servers using (run_id, trace_id)
where kind = 'internal' and file is not null and list_contains($run_ids, run_id)
group by run_id, name, file, line
order by run_id, per_call_ms desc, function;
