-- How long did requests take from the moment at which they were meant to be sent, and was every one of them sent?
-- subject: as in latency.  n: requests.  service_*_ms: from sending.  response_*_ms: from the intended moment, null where no tool planned one.
-- late_ms: the latest that a request was sent.  coverage: share of the run's whole seconds in which at least a quarter of the usual
-- number of requests (their median) was sent, from the first such second on; a server that stalls keeps closed users from sending. Null under 8 requests a second or 4 seconds, and for ladders.
-- evidence: requests
with judged as (
    select run_id, subject, bystander, stage, started_at, duration_ms, epoch_us(started_at - intended_at) / 1000.0 as late_ms
    from measured_requests where list_contains($run_ids, run_id)
),
first as (
    select run_id, min(started_at) as first_at, max(started_at) as last_at, count(stage) > 0 as climbed from judged where not bystander group by run_id
),
starts as (
    select run_id, (epoch_us(started_at) - epoch_us(first_at)) // 1000000 as second, count(*) as sent
    from judged join first using (run_id) where not bystander and not climbed group by run_id, second
),
whole as (
    select run_id, second, sent, (epoch_us(last_at) - epoch_us(first_at)) // 1000000 as seconds, median(sent) over (partition by run_id) as median_sent
    from starts join first using (run_id) where second < (epoch_us(last_at) - epoch_us(first_at)) // 1000000
),
usual as (
    select run_id, any_value(seconds) as seconds, any_value(median_sent) as median_sent, count(*) as filled, min(second) as first_second
    from whole where sent >= median_sent / 4 group by run_id
),
covered as (
    select run_id, case when seconds - first_second >= 4 and median_sent >= 8 then filled / (seconds - first_second) end as coverage from usual
)
select
    run_id,
    case when grouping(subject) = 1 then 'all requests' else subject end as subject,
    count(*) as n,
    quantile_cont(duration_ms, 0.5) as service_p50_ms,
    quantile_cont(duration_ms, 0.95) as service_p95_ms,
    quantile_cont(duration_ms, 0.99) as service_p99_ms,
    quantile_cont(duration_ms + late_ms, 0.5) as response_p50_ms,
    quantile_cont(duration_ms + late_ms, 0.95) as response_p95_ms,
    quantile_cont(duration_ms + late_ms, 0.99) as response_p99_ms,
    max(late_ms) as late_ms,
    any_value(coverage) as coverage,
    any_value(load_model) as load_model
from judged left join covered using (run_id) left join (select run_id, load_model from runs) using (run_id)
group by grouping sets ((run_id, bystander, subject), (run_id, bystander))
having grouping(subject) = 0 or not bystander
order by run_id, subject;
