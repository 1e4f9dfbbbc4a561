-- How long do requests take, how many fail, how many are answered a second?
-- run_id: the run.  subject: method and endpoint, 'all requests' of the load, or 'watch' and the name of a bystander.
-- n: requests.  failed: requests that were not ok.
-- *_ms: over all requests, failed ones included (percentiles by linear interpolation).  p95_ok_ms: P95 of the successful ones only.
-- per_second: requests over the time from the first start to the last end; on a ladder over the time of its steps alone.
with judged as (
    select run_id, subject, bystander, stage, started_at, duration_ms, ok from measured_requests where list_contains($run_ids, run_id)
),
step as (
    select run_id, bystander,
        greatest(epoch_us(max(started_at + to_microseconds((duration_ms * 1000)::bigint))) - epoch_us(min(started_at)), 1) / 1e6 as seconds
    from judged group by run_id, bystander, stage
),
span as (
    select run_id, bystander, sum(seconds) as seconds from step group by run_id, bystander
)
select
    run_id,
    case when grouping(subject) = 1 then 'all requests' else subject end as subject,
    count(*) as n,
    count(*) filter (not ok) as failed,
    avg(duration_ms) as mean_ms,
    quantile_cont(duration_ms, 0.5) as p50_ms,
    quantile_cont(duration_ms, 0.95) as p95_ms,
    quantile_cont(duration_ms, 0.99) as p99_ms,
    max(duration_ms) as max_ms,
    quantile_cont(duration_ms, 0.95) filter (ok) as p95_ok_ms,
    count(*) filter (not ok) / count(*) as error_rate,
    count(*) / any_value(seconds) as per_second
from judged join span using (run_id, bystander)
group by grouping sets ((run_id, bystander, subject), (run_id, bystander))
having grouping(subject) = 0 or not bystander
order by run_id, subject;
