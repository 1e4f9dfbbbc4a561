-- How does latency vary within each step of a ladder? Ten stretches of equal length in time.
-- users: what the step asked for: users, or arrivals a second.  part: 0 to 9.  n: requests that ended in it.  p95_ms: over those.
with ended as (
    select run_id, stage, duration_ms, epoch_us(started_at) + (duration_ms * 1000)::bigint as ended_us
    from measured_requests where list_contains($run_ids, run_id) and not bystander and stage is not null
),
span as (
    select run_id, stage, min(ended_us) as first_us, greatest(max(ended_us) - min(ended_us), 1) as length_us from ended group by run_id, stage
)
select run_id, stage as users, least((ended_us - first_us) * 10 // length_us, 9)::integer as part, count(*) as n, quantile_cont(duration_ms, 0.95) as p95_ms
from ended join span using (run_id, stage)
group by run_id, stage, part
order by run_id, stage, part;
