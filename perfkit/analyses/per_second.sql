-- How many requests ended in each second of load runs, and how long did the middle one take?
-- second: from 0 to the last start, without those in which none ended; what a last slow answer adds is no second of the load.  n: requests.  p50_ms: their median.
with ended as (
    select run_id, duration_ms, epoch_us(started_at) as started_us, epoch_us(started_at) + (duration_ms * 1000)::bigint as ended_us
    from measured_requests where list_contains($run_ids, run_id) and not bystander
),
first as (
    select run_id, min(ended_us) as first_us, max(started_us) as last_us from ended group by run_id
)
select run_id, ((ended_us - first_us) // 1000000)::bigint as second, count(*) as n, quantile_cont(duration_ms, 0.5) as p50_ms
from ended join first using (run_id)
where ended_us <= last_us
group by run_id, second
order by run_id, second;
