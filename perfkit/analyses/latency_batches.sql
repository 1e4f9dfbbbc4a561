-- How does latency vary within one run? Ten stretches of equal length in time.
-- run_id, subject: as in latency.  batch: 0 to 9.  n: requests that ended in it.  *_ms: over those requests.
-- evidence: requests
with judged as (
    select run_id, subject, bystander, duration_ms, ok, epoch_us(started_at) + (duration_ms * 1000)::bigint as ended_us
    from measured_requests where list_contains($run_ids, run_id)
),
span as (
    select run_id, bystander, min(ended_us) as first_us, greatest(max(ended_us) - min(ended_us), 1) as length_us from judged group by run_id, bystander
),
placed as (
    select judged.*, least(((ended_us - first_us) * 10 // length_us), 9)::integer as batch from judged join span using (run_id, bystander)
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
group by grouping sets ((run_id, bystander, subject, batch), (run_id, bystander, batch))
having grouping(subject) = 0 or not bystander
order by run_id, subject, batch;
