-- How long do requests take, how many fail, how many are answered a second?
-- run_id: the run.  subject: method and endpoint, 'all requests' of the load, or 'watch' and the name of a bystander.
-- n: requests.  failed: requests that were not ok.
-- *_ms: over all requests, failed ones included (percentiles by linear interpolation).  p95_ok_ms: P95 of the successful ones only.
-- per_second: requests over the time from the first start to the last end; on a ladder over the time of its steps alone.
-- evidence: requests
with judged as not materialized (
    select run_id, subject, bystander, stage, started_at, duration_ms, ok from measured_requests where list_contains($run_ids, run_id)
),
step as (
    select run_id, bystander,
        greatest(max(epoch_us(started_at) + (duration_ms * 1000)::bigint) - min(epoch_us(started_at)), 1) / 1e6 as seconds
    from judged group by run_id, bystander, stage
),
span as (
    select run_id, bystander, sum(seconds) as seconds from step group by run_id, bystander
),
counted as (
    select run_id, bystander, grouping(subject) as together, subject,
        count(*) as n,
        count(*) filter (not ok) as failed,
        avg(duration_ms) as mean_ms,
        quantile_cont(duration_ms, [0.5, 0.95, 0.99]) as quantiles,
        max(duration_ms) as max_ms
    from judged
    group by grouping sets ((run_id, bystander, subject), (run_id, bystander))
    having grouping(subject) = 0 or not bystander
),
-- Only where some failed are the successful ones fewer than all.
answered as (
    select run_id, bystander, grouping(subject) as together, subject, quantile_cont(duration_ms, 0.95) as p95_ok_ms
    from judged
    where ok and run_id in (select run_id from counted where failed > 0)
    group by grouping sets ((run_id, bystander, subject), (run_id, bystander))
)
select
    counted.run_id,
    case when counted.together = 1 then 'all requests' else counted.subject end as subject,
    n,
    failed,
    mean_ms,
    quantiles[1] as p50_ms,
    quantiles[2] as p95_ms,
    quantiles[3] as p99_ms,
    max_ms,
    case when failed = 0 then quantiles[2] else p95_ok_ms end as p95_ok_ms,
    failed / n as error_rate,
    n / seconds as per_second
from counted join span using (run_id, bystander) left join answered
    on counted.run_id = answered.run_id and counted.bystander = answered.bystander and counted.together = answered.together
    and counted.subject is not distinct from answered.subject
order by counted.run_id, subject;
