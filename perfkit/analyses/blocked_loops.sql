-- Which places stop an event loop, for how long?
-- run_id: the run.  function, file, line: the application's line that ran.  subject: the endpoint that was served most often, null outside of one.
-- n: callbacks.  longest_ms, mean_ms: their time.  limit_ms: from which length they were recorded; what does not say it is left out.  sampled: false, each was timed.
-- Left out: imports, what no other task could wait for, and where requests are served whatever came before the first one.
-- evidence: spans.loop
with first_requests as (
    select run_id, min(started_at) as served_from from spans where kind = 'server' and list_contains($run_ids, run_id) group by run_id
),
servers as (
    select run_id, trace_id, any_value(name) as subject from spans where kind = 'server' and list_contains($run_ids, run_id) group by run_id, trace_id
)
select
    run_id,
    spans.name as function,
    file,
    line,
    mode(subject) as subject,
    count(*) as n,
    max(duration_ms) as longest_ms,
    avg(duration_ms) as mean_ms,
    min(try_cast(attributes ->> '$.limit_ms' as double)) as limit_ms,
    false as sampled
from spans left join servers using (run_id, trace_id) left join first_requests using (run_id)
where kind = 'loop' and list_contains($run_ids, run_id) and try_cast(attributes ->> '$.limit_ms' as double) is not null
    and not coalesce(try_cast(attributes ->> '$.importing' as boolean), false)
    and coalesce(try_cast(attributes ->> '$.others' as integer), 1) > 0
    and (served_from is null or started_at >= served_from)
group by run_id, function, file, line
order by run_id, sum(duration_ms) desc, function, line;
