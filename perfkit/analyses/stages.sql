-- The spans of the traces $tangled, which stand for run and trace, one trace after another.
-- run_id, trace_id, span_id, parent_id: parent_id may name a span that was not recorded.  kind, name, file, line: the stage that it belongs to.
-- start_ms: since 1970.  duration_ms: length.  resumed: true for every step of a generator but its first.
-- Connections that are held are no stage: what is done with them is. Callbacks that blocked an event loop belong to whoever ran in them.
select
    run_id,
    trace_id,
    span_id,
    parent_id,
    kind,
    name,
    file,
    line,
    epoch_us(started_at) / 1000.0 as start_ms,
    duration_ms,
    coalesce(try_cast(attributes ->> '$.resumed' as boolean), false) as resumed
from spans
where kind not in ('pool', 'loop') and list_contains($run_ids, run_id) and hash(run_id, trace_id) in (select unnest($tangled))
order by run_id, trace_id, start_ms, duration_ms desc, span_id;
