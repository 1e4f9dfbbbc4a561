-- Where does the time of a request go: database, cache, language model, other services, or the application itself?
-- run_id: the run.  subject: the endpoint.  n: traced requests.  total_ms: mean length of the request.
-- *_ms: mean time during which at least one call of that kind was open (overlapping calls count once).
-- own_ms: mean time during which none was open: the application's own work, and waiting for a processor.
-- *_calls: mean number of calls.
-- evidence: spans.server
-- trace: stands for the run and its trace.
with servers as (
    select run_id, hash(run_id, trace_id) as trace, name as subject, duration_ms
    from spans where kind = 'server' and list_contains($run_ids, run_id)
),
calls as (
    select hash(run_id, trace_id) as trace, kind, epoch_us(started_at) / 1000.0 as start_ms, epoch_us(started_at) / 1000.0 + duration_ms as end_ms
    from spans where kind in ('db', 'cache', 'llm', 'http') and list_contains($run_ids, run_id)
),
-- Traces in which calls may overlap: as the calls come, one begins before the one ahead of it has ended.
tangled as (
    select trace from (select trace, list({'begins': start_ms, 'ends': end_ms}) as stretches from calls group by trace)
    where len(list_filter(stretches[2:], lambda stretch, place: stretch.begins < stretches[place].ends)) > 0
),
-- There a call adds the stretch that no earlier one covers, of all and of its kind; elsewhere each adds all of its time.
overlapping as (
    select trace, kind,
        greatest(0, end_ms - greatest(start_ms, coalesce(max(end_ms) over earlier_of_kind, start_ms))) as adds_ms,
        greatest(0, end_ms - greatest(start_ms, coalesce(max(end_ms) over earlier, start_ms))) as adds_to_all_ms
    from calls semi join tangled using (trace)
    window earlier as (partition by trace order by start_ms, end_ms rows between unbounded preceding and 1 preceding),
        earlier_of_kind as (partition by trace, kind order by start_ms, end_ms rows between unbounded preceding and 1 preceding)
),
by_kind as (
    select trace, kind, greatest(0, end_ms - start_ms) as adds_ms, adds_ms as adds_to_all_ms
    from calls anti join tangled using (trace)
    union all
    from overlapping
),
per_request as (
    select trace,
        sum(adds_ms) filter (kind = 'db') as db_ms, count(*) filter (kind = 'db') as db_calls,
        sum(adds_ms) filter (kind = 'cache') as cache_ms, count(*) filter (kind = 'cache') as cache_calls,
        sum(adds_ms) filter (kind = 'llm') as llm_ms, count(*) filter (kind = 'llm') as llm_calls,
        sum(adds_ms) filter (kind = 'http') as http_ms,
        sum(adds_to_all_ms) as waiting_ms
    from by_kind group by trace
)
select
    run_id,
    subject,
    count(*) as n,
    avg(duration_ms) as total_ms,
    avg(coalesce(db_ms, 0)) as db_ms,
    avg(coalesce(cache_ms, 0)) as cache_ms,
    avg(coalesce(llm_ms, 0)) as llm_ms,
    avg(coalesce(http_ms, 0)) as http_ms,
    avg(greatest(0, duration_ms - coalesce(waiting_ms, 0))) as own_ms,
    avg(coalesce(db_calls, 0)) as db_calls,
    avg(coalesce(cache_calls, 0)) as cache_calls,
    avg(coalesce(llm_calls, 0)) as llm_calls
from servers left join per_request using (trace)
group by run_id, subject
order by run_id, total_ms desc, subject;
