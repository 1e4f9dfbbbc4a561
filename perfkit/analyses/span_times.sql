-- How long do the pieces of work of traced runs take, each kind and name for itself?
-- run_id: the run.  subject: kind and name, such as 'internal gate.pii'; with $statements the statement without its literals.
-- n: spans.  *_ms: over all of them (percentiles by linear interpolation).
-- first_ms: the first one of the run, which finds nothing loaded and no cache filled.  warm_p95_ms: over the others; null where there is none.
-- Steps of a generator but its first are no call of their own; connections that are held and callbacks of an event loop are no work.
with timed as (
    select run_id, started_at, span_id, duration_ms, if($statements, fingerprint, kind || ' ' || name) as subject
    from spans
    where list_contains($run_ids, run_id)
        and if($statements, kind = 'db' and fingerprint is not null, kind not in ('pool', 'loop'))
        and not coalesce(try_cast(attributes ->> '$.resumed' as boolean), false)
),
placed as (
    select *, row_number() over (partition by run_id, subject order by started_at, span_id) = 1 as first from timed
)
select
    run_id,
    subject,
    count(*) as n,
    avg(duration_ms) as mean_ms,
    quantile_cont(duration_ms, 0.5) as p50_ms,
    quantile_cont(duration_ms, 0.95) as p95_ms,
    quantile_cont(duration_ms, 0.99) as p99_ms,
    max(duration_ms) as max_ms,
    any_value(duration_ms) filter (first) as first_ms,
    quantile_cont(duration_ms, 0.95) filter (not first) as warm_p95_ms
from placed
group by run_id, subject
order by run_id, subject;
