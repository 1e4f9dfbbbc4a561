-- How do benchmarks fare over the course of one run?
-- run_id: the run.  subject: the benchmark.  batch: tenth of the run's rounds, in order.  n: rounds.  *_ms: over the rounds of the batch.
with timed as (
    select
        run_id,
        benchmark,
        ntile(10) over (partition by run_id, benchmark order by round) as batch,
        value * case unit when 's' then 1000 when 'ms' then 1 when 'us' then 1e-3 when 'ns' then 1e-6 end as ms
    from rounds
    where list_contains($run_ids, run_id) and coalesce(phase, 'steady') = 'steady' and size is null and component is null
)
select run_id, benchmark as subject, batch, count(*) as n, avg(ms) as mean_ms, quantile_cont(ms, 0.5) as median_ms
from timed
where ms is not null
group by run_id, benchmark, batch
order by run_id, benchmark, batch;
