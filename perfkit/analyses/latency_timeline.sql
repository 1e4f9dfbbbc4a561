-- How does latency go over the time of a run? At most 600 stretches of equal length, the empty ones included.
-- run_id: the run.  start_s: start of the stretch, from the run's first request.  seconds: its length, at least 1.
-- n: requests that started in it, those of a bystander that only watches left out.  failed: those that were not ok.
-- *_ms: over those requests, failed ones included; null where n is 0.  stage: the highest step of a ladder that they belong to.
-- steady: none of them belongs to a ramp or a warm-up; null where n is 0.
with sent as (
    select requests.run_id, coalesce(method || ' ', '') || endpoint as subject, epoch_us(requests.started_at) as start_us, duration_ms, ok, stage,
        coalesce(phase, 'steady') = 'steady' and requests.started_at >= coalesce(steady_from, '-infinity'::timestamp) as steady
    from requests left join runs using (run_id)
    where list_contains($run_ids, requests.run_id) and worker is distinct from 'watch' and coalesce(phase, 'steady') not in ('setup', 'teardown')
),
span as (
    select run_id, min(start_us) as first_us, max(start_us) - min(start_us) as length_us from sent group by run_id
),
measure as (
    select run_id, first_us, length_us, coalesce(
        list_min(list_filter([1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600], lambda width: width > length_us / 600e6)),
        length_us // 600000000 + 1
    )::bigint as seconds
    from span
),
stretches as (
    select run_id, seconds, unnest(range(length_us // (seconds * 1000000) + 1)) as stretch from measure
),
filled as (
    select
        run_id,
        (start_us - first_us) // (seconds * 1000000) as stretch,
        count(*) as n,
        count(*) filter (not ok) as failed,
        quantile_cont(duration_ms, 0.5) as p50_ms,
        quantile_cont(duration_ms, 0.95) as p95_ms,
        max(duration_ms) as max_ms,
        max(stage) as stage,
        bool_and(steady) as steady
    from sent join measure using (run_id)
    where $subject = 'all requests' or subject = $subject or subject glob $subject
    group by run_id, stretch
)
select
    run_id,
    stretch * seconds as start_s,
    seconds,
    coalesce(n, 0) as n,
    coalesce(failed, 0) as failed,
    p50_ms,
    p95_ms,
    max_ms,
    stage,
    steady
from stretches left join filled using (run_id, stretch)
order by run_id, start_s;
