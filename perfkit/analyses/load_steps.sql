-- What did each step of a ladder answer, and how fast?
-- run_id: the run.  users: what the step asked for: users, or arrivals a second in an open model.
-- n: requests of the step's steady time; ramps and warm-ups are left out, and a bystander's probes unless the subject names them. Without users there is no step.  failed: those that were not ok.
-- seconds: from the first start to the last one and a median answer more; to the last answer's end, one time-out would stretch a short step.
-- per_second: n over seconds, a little low where answers take long.  *_ms: over all of them, failed ones included.
with steps as (
    select
        run_id,
        stage as users,
        count(*) as n,
        count(*) filter (not ok) as failed,
        count(*) filter (not ok) / count(*) as error_rate,
        greatest((epoch_us(max(started_at)) - epoch_us(min(started_at))) / 1e6 + median(duration_ms) / 1e3, 1e-6) as seconds,
        avg(duration_ms) as mean_ms,
        quantile_cont(duration_ms, 0.5) as p50_ms,
        quantile_cont(duration_ms, 0.95) as p95_ms
    from measured_requests
    where list_contains($run_ids, run_id) and stage > 0
        and if($subject = 'all requests', not bystander, subject = $subject or subject glob $subject)
    group by run_id, stage
)
select run_id, users, n, failed, error_rate, seconds, n / seconds as per_second, mean_ms, p50_ms, p95_ms from steps order by run_id, users;
