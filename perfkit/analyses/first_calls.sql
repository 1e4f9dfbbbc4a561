-- How much longer did the first call of a piece of work take than the later ones, and what did it do that they did not?
-- run_id: the run.  subject: the name of a timed function or block.  n: calls.  started_ms, first_ms: of the first call; started_ms since 1970.
-- later_ms: median of the others.  apart: true where the first stood by itself and later ones stand below others: somebody warmed it up.  only_then, file, line, only_ms: the longest timed piece of work right below the first call
-- that stands below no later one; null where there is none.
-- evidence: spans.internal
with called as (
    select run_id, trace_id, span_id, parent_id, name, file, line, duration_ms, epoch_us(started_at) / 1000.0 as started_ms,
        row_number() over (partition by run_id, name order by started_at, span_id) as turn
    from spans
    where list_contains($run_ids, run_id) and kind = 'internal' and not coalesce(try_cast(attributes ->> '$.resumed' as boolean), false)
),
summed as (
    select run_id, name, count(*) as n, min(started_ms) filter (turn = 1) as started_ms, min(duration_ms) filter (turn = 1) as first_ms,
        median(duration_ms) filter (turn > 1) as later_ms,
        bool_and(parent_id is null) filter (turn = 1) and bool_and(parent_id is not null) filter (turn > 1) as apart
    from called group by run_id, name
),
below as (
    select above.run_id, above.name as above_name, child.name, any_value(child.file) as file, any_value(child.line) as line,
        sum(child.duration_ms) filter (above.turn = 1) as only_ms, count(*) filter (above.turn > 1) as later_calls
    from called as above join called as child
        on child.run_id = above.run_id and child.trace_id = above.trace_id and child.parent_id = above.span_id
    group by above.run_id, above.name, child.name
),
longest as (
    select run_id, above_name, arg_max(struct_pack(name, file, line, only_ms), (only_ms, name)) as most
    from below where later_calls = 0 and only_ms is not null group by run_id, above_name
)
select
    summed.run_id, summed.name as subject, n, started_ms, first_ms, later_ms, apart,
    most.name as only_then, most.file as file, most.line as line, most.only_ms as only_ms
from summed left join longest on longest.run_id = summed.run_id and longest.above_name = summed.name
where n > 1
order by summed.run_id, first_ms desc, subject;
