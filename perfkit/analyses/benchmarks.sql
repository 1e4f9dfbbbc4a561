-- How long do benchmarks take?
-- run_id: the run.  subject: the benchmark.  n: measured rounds, warm-ups left out.  *_ms: over the rounds (percentiles by linear interpolation).
-- stddev_ms: of the sample; null for a single round.
with timed as (
    select run_id, benchmark, value * case unit when 's' then 1000 when 'ms' then 1 when 'us' then 1e-3 when 'ns' then 1e-6 end as ms
    from rounds
    where list_contains($run_ids, run_id) and coalesce(phase, 'steady') = 'steady' and size is null and component is null
)
select
    run_id,
    benchmark as subject,
    count(*) as n,
    avg(ms) as mean_ms,
    quantile_cont(ms, 0.5) as median_ms,
    stddev_samp(ms) as stddev_ms,
    min(ms) as min_ms,
    max(ms) as max_ms,
    quantile_cont(ms, 0.95) as p95_ms,
    quantile_cont(ms, 0.99) as p99_ms
from timed
where ms is not null
group by run_id, benchmark
order by run_id, benchmark;
