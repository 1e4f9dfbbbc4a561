-- The spans of traced runs as numbers, for those too many to be looked at one by one.
-- run: place in $run_ids, from 0.  trace, span, parent, stage: stand for the trace, the span, its parent and its kind, name, file and line; 0 is no parent.
-- start_ms: since 1970.  duration_ms: length.  resumed: true for every step of a generator but its first.
select
    list_position($run_ids, run_id) - 1 as run,
    hash(run_id, trace_id) as trace,
    hash(run_id, trace_id, span_id) as span,
    if(parent_id is null, 0, hash(run_id, trace_id, parent_id)) as parent,
    hash(kind, name, file, line) as stage,
    epoch_us(started_at) / 1000.0 as start_ms,
    duration_ms,
    contains(attributes, 'resumed') and coalesce(try_cast(attributes ->> '$.resumed' as boolean), false) as resumed
from spans
where kind not in ('pool', 'loop') and list_contains($run_ids, run_id);
