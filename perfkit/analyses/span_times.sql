-- How long do the pieces of work of traced runs take, each kind and name for itself?
-- run_id: the run.  subject: kind and name, such as 'internal gate.pii'; with $statements the statement with ? for its literals.
-- n: spans.  *_ms: over all of them (percentiles by linear interpolation).
-- first_ms: the first one of the run, which finds nothing loaded and no cache filled.  warm_p95_ms: over the others; null where there is none.
-- rounds_ms: every one from the $from-th on, in the order in which they began; null when $from is 0.
-- Steps of a generator but its first are no call of their own; connections that are held and callbacks of an event loop are no work.
with worked as (
    select run_id, started_at, span_id, duration_ms, kind, name, fingerprint, attributes ->> '$.statement' as statement
    from spans
    where list_contains($run_ids, run_id)
        and if($statements, kind = 'db', kind not in ('pool', 'loop'))
        and not coalesce(try_cast(attributes ->> '$.resumed' as boolean), false)
),
named as (
    select *,
        if($statements,
            coalesce(trim(regexp_replace(regexp_replace(statement, '''[^'']*''|\b\d+(\.\d+)?\b', '?', 'g'), '\s+', ' ', 'g')), fingerprint, name),
            kind || ' ' || name
        ) as subject
    from worked
),
placed as (
    select *, row_number() over (partition by run_id, subject order by started_at, span_id) as place from named
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
    any_value(duration_ms) filter (place = 1) as first_ms,
    quantile_cont(duration_ms, 0.95) filter (place > 1) as warm_p95_ms,
    list(duration_ms order by place) filter ($from > 0 and place >= $from) as rounds_ms
from placed
group by run_id, subject
order by run_id, subject;
