-- How long do the pieces of work of traced runs take, each kind and name for itself?
-- run_id: the run.  subject: kind and name, such as 'internal gate.pii'; with $statements the statement with ? for its literals.
-- n: spans.  *_ms: over all of them (percentiles by linear interpolation).
-- first_ms: the first one of the run, which finds nothing loaded and no cache filled.  warm_p95_ms: over the others; null unless $from is 2.
-- rounds_ms: every one from the $from-th on, in the order in which they began; null when $from is 0.
-- Steps of a generator but its first are no call of their own; connections that are held and callbacks of an event loop are no work.
-- evidence: spans
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
summed as (
    select
        run_id,
        subject,
        count(*) as n,
        avg(duration_ms) as mean_ms,
        quantile_cont(duration_ms, [0.5, 0.95, 0.99]) as quantiles,
        max(duration_ms) as max_ms,
        arg_min(duration_ms, (started_at, span_id)) as first_ms,
        (list(duration_ms order by started_at, span_id) filter ($from > 0))[$from:] as rounds_ms
    from named
    group by run_id, subject
)
select
    run_id,
    subject,
    n,
    mean_ms,
    quantiles[1] as p50_ms,
    quantiles[2] as p95_ms,
    quantiles[3] as p99_ms,
    max_ms,
    first_ms,
    case when $from = 2 then list_aggregate(rounds_ms, 'quantile_cont', 0.95) end as warm_p95_ms,
    rounds_ms
from summed
order by run_id, subject;
