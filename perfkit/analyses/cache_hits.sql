-- How often does the cache answer?
-- run_id: the run.  subject: the endpoint, or 'all requests'.  n: look-ups.  hits: look-ups that found something.  hit_ratio: hits over look-ups.
-- evidence: spans.cache
with looked_up as (
    select cache_calls.run_id, server.name as subject, hit
    from cache_calls join spans as server on server.run_id = cache_calls.run_id and server.trace_id = cache_calls.trace_id and server.kind = 'server'
    where list_contains($run_ids, cache_calls.run_id) and hit is not null
)
select
    run_id,
    case when grouping(subject) = 1 then 'all requests' else subject end as subject,
    count(*) as n,
    count(*) filter (hit) as hits,
    count(*) filter (hit) / count(*) as hit_ratio
from looked_up
group by grouping sets ((run_id, subject), (run_id))
order by run_id, subject;
