-- How many requests ended in each second of each step of a ladder, and how long did the middle one take?
-- second: from 0 within the step to its last start, without those in which none ended.  n: requests.  p50_ms: their median.
with ended as (
    select run_id, stage, duration_ms, epoch_us(started_at) as started_us, epoch_us(started_at) + (duration_ms * 1000)::bigint as ended_us
    from measured_requests where list_contains($run_ids, run_id) and not bystander and stage is not null
),
first as (
    select run_id, stage, min(ended_us) as first_us, max(started_us) as last_us from ended group by run_id, stage
)
select run_id, ((ended_us - first_us) // 1000000)::bigint as second, count(*) as n, quantile_cont(duration_ms, 0.5) as p50_ms, stage as users
from ended join first using (run_id, stage)
where ended_us <= last_us
group by run_id, stage, second
order by run_id, stage, second;
