-- Which like pieces of work does a request await one after another?
-- run_id: the run.  subject: the endpoint or outermost function.  below: what awaits them.  work: what they have in common: a name, or prefix.* of names with a dot.
-- file, line: the first of them.  kind: internal or http.  requests: in how many parents it was seen.  calls: mean in one parent.
-- wall_ms: mean from the first start to the last end.  longest_ms: mean of the longest one.  gap_ms: median pause between them.
-- concurrency: sum of the calls over the time in which at least one was open; 1 when no two were ever open together.
-- blocked: share of their time in which the event loop was blocked, so that nothing was awaited.
-- Functions of the application count when they are coroutines; those that call a model are told by the model's calls.
-- evidence: spans.http, spans.internal
with chosen as (
    select run_id, trace_id, parent_id, span_id, kind, name, file, line, duration_ms, epoch_us(started_at) / 1000.0 as start_ms,
        start_ms + duration_ms as end_ms,
        coalesce(nullif(regexp_extract(name, '^([a-z][^ /<>]*[.])[^. /<>]+$', 1), '') || '*', name) as work
    from spans
    where list_contains($run_ids, run_id) and parent_id is not null
        and (kind = 'http' or (kind = 'internal' and coalesce(try_cast(attributes ->> '$.coroutine' as boolean), false)))
),
awaited as (
    select * from chosen
    where not exists (
        from spans as inner_call where inner_call.run_id = chosen.run_id and inner_call.parent_id = chosen.span_id and inner_call.kind in ('llm', 'http')
            and (inner_call.kind = 'llm' or inner_call.duration_ms >= 0.9 * chosen.duration_ms)
    )
),
blocks as (
    select run_id, epoch_us(started_at) / 1000.0 as start_ms, start_ms + duration_ms as end_ms
    from spans where list_contains($run_ids, run_id) and kind = 'loop'
),
stopped as (
    select awaited.run_id, awaited.span_id, sum(least(awaited.end_ms, blocks.end_ms) - greatest(awaited.start_ms, blocks.start_ms)) as blocked_ms
    from awaited join blocks on blocks.run_id = awaited.run_id and blocks.start_ms < awaited.end_ms and blocks.end_ms > awaited.start_ms
    group by all
),
parents as (
    select run_id, span_id as parent_id, any_value(name) as below from spans where list_contains($run_ids, run_id) group by all
),
placed as (
    select awaited.*, coalesce(below, '') as below, coalesce(blocked_ms, 0) as blocked_ms,
        max(end_ms) over (partition by run_id, trace_id, parent_id, kind, work order by start_ms, end_ms rows between unbounded preceding and 1 preceding) as before_ms
    from awaited left join stopped using (run_id, span_id) left join parents using (run_id, parent_id)
),
per_parent as (
    select run_id, trace_id, parent_id, below, kind, work, arg_min(file, start_ms) as file, arg_min(line, start_ms) as line, count(*) as calls,
        max(end_ms) - min(start_ms) as wall_ms, max(duration_ms) as longest_ms, sum(duration_ms) as work_ms, sum(blocked_ms) as blocked_ms,
        sum(greatest(0, end_ms - greatest(start_ms, coalesce(before_ms, start_ms)))) as busy_ms, median(start_ms - before_ms) as gap_ms
    from placed group by all
),
roots as (
    select run_id, trace_id, arg_min(name, (kind <> 'server', started_at)) as subject from spans
    where list_contains($run_ids, run_id) and (parent_id is null or kind = 'server') group by all
)
select
    run_id, coalesce(subject, '(a part of a trace)') as subject, below, work, any_value(file) as file, any_value(line) as line, kind,
    count(*) as requests, avg(calls) as calls, avg(wall_ms) as wall_ms, avg(longest_ms) as longest_ms,
    coalesce(median(gap_ms), 0) as gap_ms, sum(work_ms) / nullif(sum(busy_ms), 0) as concurrency, sum(blocked_ms) / nullif(sum(work_ms), 0) as blocked
from per_parent left join roots using (run_id, trace_id)
where calls > 1
group by run_id, subject, below, work, kind
order by run_id, wall_ms desc, subject, below, work;
