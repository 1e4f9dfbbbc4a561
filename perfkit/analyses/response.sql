-- How long did requests take from the moment at which they were meant to be sent?
-- subject: as in latency.  n: requests.  service_*_ms: from sending.  response_*_ms: from the intended moment, null where no tool planned one.
-- late_ms: the latest that a request was sent.
-- evidence: requests
with judged as (
    select run_id, subject, bystander, duration_ms, epoch_us(started_at - intended_at) / 1000.0 as late_ms
    from measured_requests where list_contains($run_ids, run_id)
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
    max(late_ms) as late_ms
from judged
group by grouping sets ((run_id, bystander, subject), (run_id, bystander))
having grouping(subject) = 0 or not bystander
order by run_id, subject;
