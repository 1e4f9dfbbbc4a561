-- A service that another one calls within the same trace, or a request within a request, is a request of its own: all that stands below it
-- takes its id. The first of a trace keeps the trace's, and so does what stands below none.
with recursive later as (
    select run_id, trace_id, span_id
    from spans where kind = 'server'
    qualify row_number() over (partition by run_id, trace_id order by parent_id is not null, started_at, span_id) > 1
),
below as (
    select run_id, trace_id, span_id, span_id as request from later
    union
    select spans.run_id, spans.trace_id, spans.span_id, below.request
    from spans join below on spans.run_id = below.run_id and spans.trace_id = below.trace_id and spans.parent_id = below.span_id
    where spans.kind <> 'server'
)
update spans set trace_id = spans.trace_id || '-' || below.request
from below
where spans.run_id = below.run_id and spans.trace_id = below.trace_id and spans.span_id = below.span_id;
