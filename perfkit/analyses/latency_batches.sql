-- How does latency vary within one run? Ten stretches of equal length in time.
-- run_id, subject: as in latency.  batch: 0 to 9.  n: requests that started in it.  *_ms: over those requests.
with judged as (
    select run_id, coalesce(method || ' ', '') || endpoint as subject, started_at, duration_ms, ok
    from requests
    where list_contains($run_ids, run_id) and coalesce(phase, 'steady') not in ('setup', 'ramp', 'warmup', 'teardown')
),
span as (
    select run_id, epoch_us(min(started_at)) as first_us, greatest(epoch_us(max(started_at)) - epoch_us(min(started_at)), 1) as length_us
    from judged group by run_id
),
placed as (
    select judged.*, least(((epoch_us(started_at) - first_us) * 10 // length_us), 9)::integer as batch
    from judged join span using (run_id)
)
select
    run_id,
    case when grouping(subject) = 1 then 'all requests' else subject end as subject,
    batch,
    count(*) as n,
    avg(duration_ms) as mean_ms,
    quantile_cont(duration_ms, 0.5) as p50_ms,
    quantile_cont(duration_ms, 0.95) as p95_ms,
    quantile_cont(duration_ms, 0.99) as p99_ms,
    quantile_cont(duration_ms, 0.95) filter (ok) as p95_ok_ms
from placed
group by grouping sets ((run_id, subject, batch), (run_id, batch))
order by run_id, subject, batch;
