-- What did each step of a ladder answer, and how fast?
-- run_id: the run.  users: what the step asked for: users, or arrivals a second in an open model.
-- n: requests of the step's steady time; ramps, warm-ups and a bystander's probes are left out.  failed: those that were not ok.
-- seconds: from the first start to the last end; a little long, and per_second (n over seconds) a little low, where answers take long.
-- *_ms: over all of them, failed ones included.
select
    run_id,
    stage as users,
    count(*) as n,
    count(*) filter (not ok) as failed,
    count(*) filter (not ok) / count(*) as error_rate,
    greatest(epoch_us(max(started_at + to_microseconds((duration_ms * 1000)::bigint))) - epoch_us(min(started_at)), 1) / 1e6 as seconds,
    count(*) / (greatest(epoch_us(max(started_at + to_microseconds((duration_ms * 1000)::bigint))) - epoch_us(min(started_at)), 1) / 1e6) as per_second,
    avg(duration_ms) as mean_ms,
    quantile_cont(duration_ms, 0.5) as p50_ms,
    quantile_cont(duration_ms, 0.95) as p95_ms
from measured_requests
where list_contains($run_ids, run_id) and stage is not null and not bystander
    and ($subject = 'all requests' or subject = $subject or subject glob $subject)
group by run_id, stage
order by run_id, users;
